import type { Cacher } from '@fewstep/cachers'
import { chooseCacher } from '@fewstep/cachers/catalogue'
import { brownianNoise, type NoiseSource } from '@fewstep/sampler'
import { type Choice, ChoiceError, chooseAdaptive, chooseRecipe, type Recipe } from '@fewstep/sampler/diffusers'
import { findNames } from '@fewstep/sampler/names'
import type { AdaptiveSolver } from '@fewstep/solvers'
import type { Settings } from './settings.ts'

/**
 * Parses a name with options, `name:key=value,key=value`. In `comfyui:name:key=value` the program stays part of the name.
 *
 * @throws ChoiceError where an option is not written as `key=value`
 * @example parseChoice('karras:rho=7') // { name: 'karras', options: { rho: '7' } }
 */
export function parseChoice(text: string): Choice {
  const program = /^(?:comfyui|a1111|k-diffusion|diffusers):/.exec(text)?.[0] ?? ''
  const [plainName = '', rest] = text.slice(program.length).split(/:(.*)/s)
  const name = `${program}${plainName}`
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

/**
 * The solver and the schedule that settings name, by the names of the catalogues or of another program.
 *
 * @throws ChoiceError for malformed options, NameError for unknown names
 */
export function choicesOf({ solver, schedule }: Pick<Settings, 'solver' | 'schedule'>): {
  readonly solver?: Choice
  readonly schedule?: Choice
} {
  return findNames({
    ...(solver === undefined ? {} : { solver: parseChoice(solver) }),
    ...(schedule === undefined ? {} : { schedule: parseChoice(schedule) }),
  })
}

/** The caches that settings name. @throws ChoiceError, UnknownCacherError, NamedOptionError */
export function cachersOf({ caches = [] }: Pick<Settings, 'caches'>): readonly Cacher[] {
  return caches.map(text => chooseCacher(parseChoice(text)))
}

/** What a configuration and the settings decide; `solver` only where it is adaptive. */
export type Decided = { readonly recipe: Recipe; readonly solver?: AdaptiveSolver }

/** Combines a scheduler configuration with the names in the settings. @throws ConfigError, ChoiceError, NameError */
export function decide(config: unknown, settings: Pick<Settings, 'solver' | 'schedule'>): Decided {
  const { solver, schedule } = choicesOf(settings)
  const named = schedule === undefined ? {} : { schedule }
  const adaptive = solver === undefined ? undefined : chooseAdaptive(solver)
  if (adaptive !== undefined) return { recipe: chooseRecipe(config, named), solver: adaptive }
  return { recipe: chooseRecipe(config, solver === undefined ? named : { ...named, solver }) }
}

/** The noise source that settings name; `undefined` for `sequential`. @throws ChoiceError for an unknown name */
export function noiseOf<T>({ noise = 'sequential' }: Pick<Settings, 'noise'>): NoiseSource<T> | undefined {
  if (noise === 'sequential') return undefined
  if (noise === 'brownian') return brownianNoise
  throw new ChoiceError(`noise must be sequential or brownian, got ${noise}`)
}
