import type { Cacher } from '@fewstep/cachers'
import { chooseCacher } from '@fewstep/cachers/catalogue'
import { brownianNoise, type NoiseSource } from '@fewstep/sampler'
import { type Choice, chooseAdaptive, chooseRecipe, type Recipe } from '@fewstep/sampler/diffusers'
import type { AdaptiveSolver } from '@fewstep/solvers'
import { ArgumentError } from './exit-code.ts'
import { parseChoice } from './parse.ts'
import type { Settings } from './settings.ts'

/** What a configuration and the settings decide; a solver where its steps are found on the way. */
export type Decided = { readonly recipe: Recipe; readonly solver?: AdaptiveSolver }

/** @throws ArgumentError, ConfigError, ChoiceError */
export function decide(config: unknown, settings: Settings): Decided {
  const { solver, schedule } = choicesOf(settings)
  const own = schedule === undefined ? {} : { schedule }
  const adaptive = solver === undefined ? undefined : chooseAdaptive(solver)
  if (adaptive !== undefined) return { recipe: chooseRecipe(config, own), solver: adaptive }
  return { recipe: chooseRecipe(config, solver === undefined ? own : { ...own, solver }) }
}

/** Where a solver's noise comes from, by the name that settings have. @throws ArgumentError */
export function noiseOf<T>({ noise = 'sequential' }: Settings): NoiseSource<T> | undefined {
  if (noise === 'sequential') return undefined
  if (noise === 'brownian') return brownianNoise
  throw new ArgumentError(`--noise must be sequential or brownian, got ${noise}`)
}

/** The solver and the schedule that settings name. @throws ArgumentError */
export function choicesOf({ solver, schedule }: Pick<Settings, 'solver' | 'schedule'>): {
  readonly solver?: Choice
  readonly schedule?: Choice
} {
  return {
    ...(solver === undefined ? {} : { solver: parseChoice(solver) }),
    ...(schedule === undefined ? {} : { schedule: parseChoice(schedule) }),
  }
}

/** The caches that settings name. @throws ArgumentError, UnknownCacherError, OptionError */
export function cachersOf({ caches = [] }: Pick<Settings, 'caches'>): readonly Cacher[] {
  return caches.map(text => chooseCacher(parseChoice(text)))
}
