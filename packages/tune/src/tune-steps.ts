import { checkNumber } from '@fewstep/errors'
import type { Process, Schedule } from '@fewstep/schedules'
import { alignSteps, subdivide } from './align-steps.ts'
import { TuneError } from './errors.ts'
import type { KlubOptions } from './klub.ts'

/** The state after a sweep. It is JSON: save it in a file to continue in another run. */
export type TuneState = {
  /** Stage 0 moves all inner levels. Each further stage has twice as many steps, and moves only the new levels. */
  readonly stage: number
  /** The number of finished sweeps in this stage. */
  readonly sweep: number
  readonly sigmas: readonly number[]
  readonly reach: number
  /** Whether the stage is finished. */
  readonly done: boolean
}

/** Options of {@link tuneSteps}. */
export type TuneOptions = KlubOptions & {
  /** The number of stages; 3 where absent, as in the paper, which turns 10 steps into 40. Each further stage doubles the steps. */
  readonly stages?: number
  /**
   * Called after each sweep of the first stage; return true to end the stage. The authors stop it by eye or by a perceptual
   * measure, since the optimum of the bound is not the best schedule. Where absent, the stage ends when nothing moves.
   */
  readonly stop?: (state: TuneState) => boolean | Promise<boolean>
  /** See {@link AlignOptions}. */
  readonly reach?: number
  /** See {@link AlignOptions}. */
  readonly tolerance?: number
  /** The maximum number of sweeps in a stage; 300 where absent. */
  readonly sweeps?: number
  readonly signal?: AbortSignal
}

/**
 * Align Your Steps in stages (arXiv:2404.14507, section 3.3): {@link alignSteps} with few steps, stopped early, then twice
 * {@link subdivide} and {@link alignSteps} on the new levels. There is one event for each sweep. With the returned table,
 * `alignYourSteps` of `@fewstep/schedules` gives any number of steps.
 *
 * @param start falling values of `sigma/alpha` ({@link startingSigmas}), or the state of an earlier run to continue
 * @throws TuneError for invalid levels, states or options; the signal's reason when it aborts
 * @example for await (const state of tuneSteps(startingSigmas(karras(), 10, process), { gap, examples: 4 })) save(state)
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
 * Starting levels for {@link tuneSteps}: `steps + 1` noisy levels of a schedule, as `sigma/alpha`. The authors use Karras levels for
 * models of continuous noise, and even timesteps (`linspace`) for other models.
 *
 * @throws TuneError for a level without signal, and the schedule's errors
 */
export function startingSigmas(schedule: Schedule, steps: number, process: Process): readonly number[] {
  const levels = schedule.levels(steps + 1, process).filter(({ sigma }) => sigma > 0)
  const sigmas = levels.slice(0, steps + 1).map(({ alpha, sigma }) => sigma / alpha)
  if (sigmas[0] === Number.POSITIVE_INFINITY)
    throw new TuneError(
      'startingSigmas',
      'levels with some signal',
      'alpha 0 at the first; set sigmaMax on the schedule',
    )
  return sigmas
}

function checkState({ stage, sweep, reach, done }: TuneState, stages: number): void {
  const count = (value: number): boolean => Number.isInteger(value) && value >= 0
  if (count(stage) && stage < stages && count(sweep) && reach > 0 && typeof done === 'boolean') return
  throw new TuneError(
    'tuneSteps',
    `a state of one of ${stages} stages, from an event`,
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
