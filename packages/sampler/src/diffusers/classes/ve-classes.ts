import { exponential, type Process } from '@fewstep/schedules'
import { scheduleOf } from '../choice.ts'
import { ConfigError, type Options } from '../config.ts'
import { givenEnds } from '../process.ts'
import type { SchedulerClass } from './scheduler-class.ts'

/** `alpha = 1`; the timestep is sigma. */
function exploding(first: number, last: number): Process {
  return {
    first,
    last,
    level: timestep => ({ alpha: 1, sigma: timestep, timestep }),
    timestep: ({ alpha, sigma }) => sigma / alpha,
  }
}

function veClass(
  name: string,
  own: Pick<SchedulerClass, 'defaults' | 'method' | 'prediction' | 'solverOptions'> & {
    /** The ends of its sigmas. */
    ends(options: Options): readonly [number, number]
  },
): SchedulerClass {
  return {
    name,
    table: false,
    only: {},
    process: options => exploding(...own.ends(options)),
    schedule(options, chosen) {
      const [sigmaMin, sigmaMax] = own.ends(options)
      if (chosen === undefined) return exponential({ sigmaMin, sigmaMax })
      return scheduleOf(chosen, { sigmaMin, sigmaMax })
    },
    initialScale: options => givenEnds(options)[1],
    ...own,
  }
}

/** The classes of variance exploding models. */
export const veClasses: readonly SchedulerClass[] = [
  // Its sigmas are the squares of `sigma_min` to `sigma_max`, but its noise starts at `sigma_max`.
  veClass('KarrasVeScheduler', {
    defaults: { sigma_min: 0.02, sigma_max: 100, s_noise: 1.007, s_churn: 80, s_min: 0.05, s_max: 50 },
    ends: options => givenEnds(options).map(sigma => sigma ** 2) as [number, number],
    // F is −ε.
    prediction:
      () =>
      ({ alpha, sigma }) => [1 / alpha, sigma / alpha],
    method: () => 'heun',
    solverOptions: ({ s_churn: churn, s_noise: sNoise, s_min: sMin, s_max: sMax }) => ({
      churn,
      sNoise,
      sMin,
      ...(sMax === undefined ? {} : { sMax }),
    }),
  }),
  veClass('ScoreSdeVeScheduler', {
    defaults: { sigma_min: 0.01, sigma_max: 1348 },
    ends: givenEnds,
    // F is the score, −ε/sigma.
    prediction:
      () =>
      ({ alpha, sigma }) => [1 / alpha, sigma ** 2 / alpha],
    method({ correct_steps: corrections }) {
      if (corrections === 0) return 'ddpm'
      throw new ConfigError(
        `correct_steps: the corrector of ScoreSdeVeScheduler measures its noise during the run, which no plan supports; set it to 0, or name a solver such as heun (got ${corrections})`,
      )
    },
    solverOptions: () => ({ variance: 'exploding' }),
  }),
]
