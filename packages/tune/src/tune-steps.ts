import { checkNumber } from '@fewstep/errors'
import type { Process, Schedule } from '@fewstep/schedules'
import { alignSteps, subdivide } from './align-steps.ts'
import { TuneError } from './errors.ts'
import type { KlubOptions } from './klub.ts'

/** Where a tuning stands after a sweep. It is JSON: kept in a file, it is where another run goes on. */
export type TuneState = {
  /** 0 moves all inner levels; each further stage has twice as many steps, and moves the new levels only. */
  readonly stage: number
  /** Sweeps made in this stage. */
  readonly sweep: number
  readonly sigmas: readonly number[]
  readonly reach: number
  /** Whether the stage is at its end. */
  readonly done: boolean
}

export type TuneOptions = KlubOptions & {
  /** How often the steps are doubled, plus one: 3 makes 40 steps of 10, as the authors do. */
  readonly stages?: number
  /**
   * Asked after each sweep of the first stage whether to go on to the next: the authors stop there by eye or by a
   * perceptual measure, since the bound's optimum is not the best schedule. Where absent, the stage ends when nothing moves.
   */
  readonly stop?: (state: TuneState) => boolean | Promise<boolean>
  readonly reach?: number
  readonly tolerance?: number
  /** The most sweeps of a stage. */
  readonly sweeps?: number
  readonly signal?: AbortSignal
}

/**
 * Align Your Steps in stages (arXiv:2404.14507, section 3.3): {@link alignSteps} of few steps, stopped early, then twice
 * {@link subdivide} with the new levels moved only. An event for each sweep; the table that it returns gives any number of
 * steps by `alignYourSteps` of `@fewstep/schedules`.
 *
 * @param start falling values of `sigma/alpha` ({@link startingSigmas}), or an earlier run's state to go on from
 * @throws TuneError, and the signal's reason when it aborts
 */
export async function* tuneSteps(
  start: readonly number[] | TuneState,
  options: TuneOptions,
): AsyncGenerator<TuneState, readonly number[]> {
  const { stages = 3, stop = () => false, reach = 0.5, tolerance = 0.02, sweeps = 300 } = options
  whole('stages', stages)
  whole('sweeps', sweeps)
  let state = 'sigmas' in start ? start : { stage: 0, sweep: 0, sigmas: start, reach, done: false }
  checkState(state, stages)
  for (;;) {
    const { stage } = state
    if (!state.done) {
      const moves = stage === 0 ? () => true : (index: number) => index % 2 === 1
      const left = { ...options, moves, reach: state.reach, tolerance, sweeps: sweeps - state.sweep }
      for await (const { sigmas, reach } of alignSteps(state.sigmas, left)) {
        const sweep: number = state.sweep + 1
        state = { stage, sweep, sigmas, reach, done: reach < tolerance || sweep >= sweeps }
        if (stage === 0 && !state.done && (await stop(state))) state = { ...state, done: true }
        yield state
        if (state.done) break
      }
    }
    if (stage + 1 >= stages) return state.sigmas
    state = { stage: stage + 1, sweep: 0, sigmas: subdivide(state.sigmas), reach, done: false }
  }
}

/**
 * Where a tuning begins: the noisy levels of a schedule as `sigma/alpha`, `steps + 1` of them. The authors take Karras
 * levels for models of continuous noise, and even timesteps (`linspace`) for others.
 *
 * @throws TuneError for a level without signal, and what the schedule throws
 */
export function startingSigmas(schedule: Schedule, steps: number, process: Process): readonly number[] {
  const levels = schedule.levels(steps + 1, process).filter(({ sigma }) => sigma > 0)
  const sigmas = levels.slice(0, steps + 1).map(({ alpha, sigma }) => sigma / alpha)
  if (sigmas[0] === Number.POSITIVE_INFINITY)
    throw new TuneError(
      'startingSigmas',
      'levels with some signal',
      'alpha 0 at the first; give the schedule a sigmaMax',
    )
  return sigmas
}

function checkState({ stage, sweep, reach, done }: TuneState, stages: number): void {
  const count = (value: number): boolean => Number.isInteger(value) && value >= 0
  if (count(stage) && stage < stages && count(sweep) && reach > 0 && typeof done === 'boolean') return
  throw new TuneError(
    'tuneSteps',
    `a state of one of ${stages} stages, as an event gave it`,
    JSON.stringify({ stage, sweep, reach, done }),
  )
}

function whole(option: string, value: number): void {
  checkNumber(
    value,
    { whole: true, minimum: 1 },
    expected => new TuneError(`tuneSteps: ${option}`, expected, `${value}`),
  )
}
