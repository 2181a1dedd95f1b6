import type { Cacher } from '@fewstep/cachers'
import { chooseCacher } from '@fewstep/cachers/catalogue'
import type { Choice } from '@fewstep/sampler/diffusers'
import { parseChoice } from './parse.ts'
import type { Settings } from './settings.ts'

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
