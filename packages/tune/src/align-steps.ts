import { checkNumber } from '@fewstep/errors'
import { TuneError } from './errors.ts'
import { intervalKlub, type KlubOptions } from './klub.ts'

/** Options of {@link alignSteps}. */
export type AlignOptions = KlubOptions & {
  /** Selects the inner levels that may move; all where absent. After {@link subdivide}, use the odd ones. */
  readonly moves?: (index: number) => boolean
  /** How far candidates reach towards the neighbours in `ln sigma`; 0.5 where absent. Halved when a sweep moves nothing. */
  readonly reach?: number
  /** The run ends when the reach falls below this; 0.02 where absent. */
  readonly tolerance?: number
  /** The maximum number of sweeps; 300 where absent. */
  readonly sweeps?: number
  readonly signal?: AbortSignal
}

/** The levels after one sweep. Pass `sigmas` and `reach` to another run to continue from here. */
export type Sweep = {
  readonly sweep: number
  readonly sigmas: readonly number[]
  readonly moved: number
  readonly reach: number
}

/**
 * Align Your Steps (arXiv:2404.14507, algorithm 1). Each inner level in turn moves to the best of eleven candidates between its
 * neighbours, which include its current place. A candidate is judged by the bound of the two intervals next to it. Sweeps repeat
 * until nothing moves.
 *
 * There is one event for each sweep, so a loop can stop early, as the authors do for the first ten steps: the optimum of the
 * bound is not the best schedule (on Gaussian data it collapses towards low noise).
 *
 * @param sigmas falling values of `sigma/alpha` to start from; both ends stay
 * @returns the last sweep's levels: a table for `alignYourSteps` of `@fewstep/schedules`
 * @throws TuneError for invalid levels or options; the signal's reason when it aborts
 * @example for await (const { sigmas } of alignSteps(start, { gap, examples: 4 })) console.log(sigmas)
 */
export async function* alignSteps(
  sigmas: readonly number[],
  options: AlignOptions,
): AsyncGenerator<Sweep, readonly number[]> {
  const { moves = () => true, reach: first = 0.5, tolerance = 0.02, sweeps = 300, signal } = options
  check(sigmas, first, tolerance)
  const levels = [...sigmas]
  let reach = first
  for (let sweep = 0; sweep < sweeps && reach >= tolerance; sweep++) {
    let moved = 0
    for (let i = 1; i < levels.length - 1; i++) {
      if (!moves(i)) continue
      let best = { sigma: levels[i]!, klub: Number.POSITIVE_INFINITY }
      for (const sigma of candidates(levels[i - 1]!, levels[i]!, levels[i + 1]!, reach)) {
        signal?.throwIfAborted()
        const above = await intervalKlub(sigma, levels[i - 1]!, options)
        const below = await intervalKlub(levels[i + 1]!, sigma, options)
        if (above + below < best.klub) best = { sigma, klub: above + below }
      }
      if (best.sigma !== levels[i]) moved += 1
      levels[i] = best.sigma
    }
    if (moved === 0) reach /= 2
    yield { sweep, sigmas: [...levels], moved, reach }
  }
  return levels
}

/** Doubles the number of steps: adds the midpoints in `ln sigma` between the levels (arXiv:2404.14507). */
export function subdivide(sigmas: readonly number[]): readonly number[] {
  return sigmas.flatMap((sigma, i) => (i === 0 ? [sigma] : [Math.sqrt(sigmas[i - 1]! * sigma), sigma]))
}

/** The current level first, so that it stays if candidates tie; then five levels on either side. */
function candidates(above: number, now: number, below: number, reach: number): readonly number[] {
  const towards = (end: number, part: number): number => now * (end / now) ** (part * reach)
  const parts = [0.2, 0.4, 0.6, 0.8, 1].map(part => part * 0.999)
  return [now, ...parts.map(part => towards(above, part)), ...parts.map(part => towards(below, part))]
}

function check(sigmas: readonly number[], reach: number, tolerance: number): void {
  const falling = sigmas.every((sigma, i) => sigma > 0 && Number.isFinite(sigma) && (i === 0 || sigma < sigmas[i - 1]!))
  if (sigmas.length < 3 || !falling) {
    throw new TuneError('alignSteps', 'three or more positive, falling sigmas', `[${sigmas.join(', ')}]`)
  }
  checkNumber(reach, { above: 0, maximum: 1 }, expected => new TuneError('alignSteps: reach', expected, `${reach}`))
  if (!(tolerance > 0)) throw new TuneError('alignSteps', 'a tolerance above 0', `${tolerance}`)
}
