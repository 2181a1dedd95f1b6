import { checkNumber } from '@fewstep/errors'
import { TuneError } from './errors.ts'

export type SearchOptions = {
  /** What is to become small, such as the mean distance to converged latents over a few prompts and seeds. */
  readonly distance: (timesteps: readonly number[]) => number | Promise<number>
  /** The share of the gap to a neighbour that a timestep tries to move by, at first; halved when a sweep moves nothing. */
  readonly reach?: number
  /** It ends when the reach falls below this. */
  readonly tolerance?: number
  readonly sweeps?: number
  readonly signal?: AbortSignal
}

/** The timesteps after one sweep; with `timesteps` and `reach`, another run goes on from here. */
export type SearchSweep = {
  readonly sweep: number
  readonly timesteps: readonly number[]
  readonly distance: number
  readonly moved: number
  readonly reach: number
}

/**
 * Whole timesteps for one number of steps of one solver, found by measurement: each in turn tries a place towards either
 * neighbour and stays where the distance is least (a coordinate search, as Hooke and Jeeves, doi 10.1145/321062.321069,
 * section 2). The first stays, since a run starts at its noise; the last may fall as far as 0. No bound stands between
 * the measure and the result, as it does in Align Your Steps; in return it costs whole runs, about twenty a timestep.
 *
 * @param start whole timesteps that fall, the noisiest first
 * @returns the last sweep's timesteps, for `givenTimesteps` of `@fewstep/schedules`
 * @throws TuneError, and the signal's reason when it aborts
 */
export async function* searchTimesteps(
  start: readonly number[],
  options: SearchOptions,
): AsyncGenerator<SearchSweep, readonly number[]> {
  const { distance, reach: first = 0.5, tolerance = 0.1, sweeps = 30, signal } = options
  check(start, first, tolerance)
  const measure = async (timesteps: readonly number[]): Promise<number> => {
    signal?.throwIfAborted()
    const value = await distance(timesteps)
    if (Number.isNaN(value)) throw new TuneError('searchTimesteps', 'distances that are numbers', `${value}`)
    return value
  }
  let best = { timesteps: start, distance: await measure(start) }
  let reach = first
  for (let sweep = 0; sweep < sweeps && reach >= tolerance; sweep++) {
    let moved = 0
    for (let i = 1; i < start.length; i++) {
      const [above, now, below] = [best.timesteps[i - 1]!, best.timesteps[i]!, best.timesteps[i + 1] ?? -1]
      for (const end of [above, below]) {
        const place = now + Math.sign(end - now) * Math.max(1, Math.round(Math.abs(end - now) * reach))
        if (place >= above || place <= below) continue
        const timesteps = best.timesteps.with(i, place)
        const found = await measure(timesteps)
        if (found >= best.distance) continue
        best = { timesteps, distance: found }
        moved += 1
        // What lies the other way was measured from the old place.
        break
      }
    }
    if (moved === 0) reach /= 2
    yield { sweep, ...best, moved, reach }
  }
  return best.timesteps
}

function check(start: readonly number[], reach: number, tolerance: number): void {
  const falling = start.every((t, i) => Number.isInteger(t) && t >= 0 && (i === 0 || t < start[i - 1]!))
  if (start.length === 0 || !falling)
    throw new TuneError('searchTimesteps', 'whole timesteps from 0 up that fall', `[${start.join(', ')}]`)
  checkNumber(
    reach,
    { above: 0, maximum: 1 },
    expected => new TuneError('searchTimesteps: reach', expected, `${reach}`),
  )
  if (!(tolerance > 0)) throw new TuneError('searchTimesteps', 'a tolerance above 0', `${tolerance}`)
}
