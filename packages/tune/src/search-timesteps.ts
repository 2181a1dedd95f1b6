import { checkNumber } from '@fewstep/errors'
import { TuneError } from './errors.ts'

/** Options of {@link searchTimesteps}. */
export type SearchOptions = {
  /** The value to minimise, such as the mean distance to converged latents over a few prompts and seeds. */
  readonly distance: (timesteps: readonly number[]) => number | Promise<number>
  /** The share of the gap to a neighbour by which a timestep tries to move; 0.5 where absent. Halved when a sweep moves nothing. */
  readonly reach?: number
  /** The search ends when the reach falls below this; 0.1 where absent. */
  readonly tolerance?: number
  /** The maximum number of sweeps; 30 where absent. */
  readonly sweeps?: number
  readonly signal?: AbortSignal
}

/** The timesteps after one sweep. Pass `timesteps` and `reach` to another search to continue from here. */
export type SearchSweep = {
  readonly sweep: number
  readonly timesteps: readonly number[]
  readonly distance: number
  readonly moved: number
  readonly reach: number
}

/**
 * Searches whole timesteps for one solver and one number of steps, by measurement. Each timestep in turn tries a place towards
 * either neighbour, and stays where the distance is smallest (a coordinate search, as in Hooke and Jeeves,
 * doi 10.1145/321062.321069, section 2). The first timestep stays, since a run starts at its noise; the last one may fall to 0.
 * Unlike Align Your Steps, the search minimises the distance itself and not a bound, but it costs complete runs, about twenty for
 * each timestep.
 *
 * @param start whole timesteps that fall, the noisiest first
 * @returns the last sweep's timesteps, for `givenTimesteps` of `@fewstep/schedules`
 * @throws TuneError for invalid timesteps, options or distances; the signal's reason when it aborts
 * @example for await (const { timesteps } of searchTimesteps([999, 749, 499, 249], { distance })) console.log(timesteps)
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
        // The other direction starts from the old place, so it is not tried in this sweep.
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
