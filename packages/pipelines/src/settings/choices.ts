import type { Cacher } from '@fewstep/cachers'
import { chooseCacher } from '@fewstep/cachers/catalogue'
import { brownianNoise, type NoiseSource } from '@fewstep/sampler'
import { type Choice, ChoiceError, chooseAdaptive, chooseRecipe, type Recipe } from '@fewstep/sampler/diffusers'
import type { AdaptiveSolver } from '@fewstep/solvers'
import type { Settings } from './settings.ts'

/** `name:key=value,key=value` as a choice. @throws ChoiceError */
export function parseChoice(text: string): Choice {
  const [name = '', rest] = text.split(/:(.*)/s)
  if (rest === undefined) return { name }
  const options = rest.split(',').map((pair): [string, string] => {
    const [key = '', value] = pair.split(/=(.*)/s)
    if (key === '' || value === undefined)
      throw new ChoiceError(`${text}: write options as ${name}:name=value,name=value`)
    return [key, value]
  })
  return { name, options: Object.fromEntries(options) }
}

/** The inverse of {@link parseChoice}. */
export function printChoice({ name, options = {} }: Choice): string {
  const pairs = Object.entries(options).map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0 ? name : `${name}:${pairs.join(',')}`
}

/** The solver and the schedule that settings name. @throws ChoiceError */
export function choicesOf({ solver, schedule }: Pick<Settings, 'solver' | 'schedule'>): {
  readonly solver?: Choice
  readonly schedule?: Choice
} {
  return {
    ...(solver === undefined ? {} : { solver: parseChoice(solver) }),
    ...(schedule === undefined ? {} : { schedule: parseChoice(schedule) }),
  }
}

/** The caches that settings name. @throws ChoiceError, UnknownCacherError, NamedOptionError */
export function cachersOf({ caches = [] }: Pick<Settings, 'caches'>): readonly Cacher[] {
  return caches.map(text => chooseCacher(parseChoice(text)))
}

/** What a configuration and the settings decide; a solver where its steps are found on the way. */
export type Decided = { readonly recipe: Recipe; readonly solver?: AdaptiveSolver }

/** @throws ConfigError, ChoiceError */
export function decide(config: unknown, settings: Pick<Settings, 'solver' | 'schedule'>): Decided {
  const { solver, schedule } = choicesOf(settings)
  const own = schedule === undefined ? {} : { schedule }
  const adaptive = solver === undefined ? undefined : chooseAdaptive(solver)
  if (adaptive !== undefined) return { recipe: chooseRecipe(config, own), solver: adaptive }
  return { recipe: chooseRecipe(config, solver === undefined ? own : { ...own, solver }) }
}

/** Where a solver's noise comes from, by the name that settings have. @throws ChoiceError */
export function noiseOf<T>({ noise = 'sequential' }: Pick<Settings, 'noise'>): NoiseSource<T> | undefined {
  if (noise === 'sequential') return undefined
  if (noise === 'brownian') return brownianNoise
  throw new ChoiceError(`noise must be sequential or brownian, got ${noise}`)
}
