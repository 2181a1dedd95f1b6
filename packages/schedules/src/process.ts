import type { NoiseLevel, Process } from './level.ts'

export type BetaOptions = {
  /** β of the first timestep. */
  readonly betaStart?: number
  /** β of the last timestep. */
  readonly betaEnd?: number
  /** The number of timesteps in training. */
  readonly trainSteps?: number
  /** Shift and scale `√ᾱ` so that the last timestep has no signal left (arXiv 2305.08891, algorithm 1). */
  readonly zeroTerminalSnr?: boolean
}

/** `β_t` uniform between its ends (DDPM, arXiv 2006.11239 §4). */
export function linear(options: BetaOptions = {}): Process {
  const { betaStart = 1e-4, betaEnd = 0.02, trainSteps = 1000, zeroTerminalSnr = false } = options
  return fromBetas(uniform(betaStart, betaEnd, trainSteps), { zeroTerminalSnr })
}

/** `√β_t` uniform between its ends: Stable Diffusion's process. */
export function scaledLinear(options: BetaOptions = {}): Process {
  const { betaStart = 0.00085, betaEnd = 0.012, trainSteps = 1000, zeroTerminalSnr = false } = options
  const roots = uniform(Math.sqrt(betaStart), Math.sqrt(betaEnd), trainSteps)
  return fromBetas(
    roots.map(root => Math.fround(root * root)),
    { zeroTerminalSnr },
  )
}

/** `ᾱ(u) = cos²(π/2·(u + 0.008)/1.008)`, `β` at most 0.999 (arXiv 2102.09672 eq. 17). */
export function squaredCosine(options: Pick<BetaOptions, 'trainSteps' | 'zeroTerminalSnr'> = {}): Process {
  const { trainSteps = 1000, zeroTerminalSnr = false } = options
  const bar = (u: number): number => Math.cos(((u + 0.008) / 1.008) * (Math.PI / 2)) ** 2
  const betas = Array.from({ length: trainSteps }, (_, i) =>
    Math.min(1 - bar((i + 1) / trainSteps) / bar(i / trainSteps), 0.999),
  )
  return fromBetas(betas, { zeroTerminalSnr })
}

/**
 * The variance-preserving process of given `β`s: `alpha² = ᾱ_t = Π(1 − β)`, `sigma² = 1 − ᾱ_t`. Between timesteps
 * `ln(sigma/alpha)` is interpolated linearly. `β` and `ᾱ` are rounded to float32, as models' own libraries keep them.
 *
 * @throws ProcessError
 */
export function fromBetas(betas: readonly number[], options: { readonly zeroTerminalSnr?: boolean } = {}): Process {
  if (betas.length < 2) throw new ProcessError('betas', 'at least two numbers', betas.length)
  let bars = cumulative(betas)
  if (options.zeroTerminalSnr === true) {
    const roots = bars.map(Math.sqrt)
    const [start, end] = [roots[0]!, roots.at(-1)!]
    bars = roots.map(root => Math.fround((((root - end) * start) / (start - end)) ** 2))
  }
  const last = bars.length - 1
  const logRho = bars.map(bar => Math.log((1 - bar) / bar) / 2)
  return {
    first: 0,
    last,
    level(timestep) {
      if (!(timestep >= 0 && timestep <= last))
        throw new ProcessError('timestep', `a number from 0 to ${last}`, timestep)
      const i = Math.floor(timestep)
      const f = timestep - i
      if (f === 0) return { alpha: Math.sqrt(bars[i]!), sigma: Math.sqrt(1 - bars[i]!), timestep }
      // Next to a level without signal ln(sigma/alpha) is infinite, and alpha is interpolated instead.
      if (bars[i + 1] === 0) {
        const alpha = Math.sqrt(bars[i]!) * (1 - f)
        return { alpha, sigma: Math.sqrt(1 - alpha * alpha), timestep }
      }
      return { ...fromRho(Math.exp((1 - f) * logRho[i]! + f * logRho[i + 1]!)), timestep }
    },
    timestep({ alpha, sigma }) {
      const wanted = Math.log(sigma / alpha)
      if (Number.isNaN(wanted)) throw new ProcessError('level', 'alpha and sigma of which one is above 0', sigma)
      if (wanted <= logRho[0]!) return 0
      if (wanted >= logRho[last]!) return last
      let i = 0
      for (let high = last; high - i > 1; ) {
        const middle = (i + high) >> 1
        if (logRho[middle]! <= wanted) i = middle
        else high = middle
      }
      const step = logRho[i + 1]! - logRho[i]!
      if (Number.isFinite(step)) return i + (wanted - logRho[i]!) / step
      return i + 1 - alpha / Math.hypot(alpha, sigma) / Math.sqrt(bars[i]!)
    },
  }
}

/** EDM's process: `alpha = 1`, and the timestep is `ln(sigma)/4` (arXiv 2206.00364 table 1). */
export function edm(options: { readonly sigmaMin?: number; readonly sigmaMax?: number } = {}): Process {
  const { sigmaMin = 0.002, sigmaMax = 80 } = options
  if (!(sigmaMin > 0 && sigmaMax > sigmaMin))
    throw new ProcessError('sigmaMin, sigmaMax', '0 < sigmaMin < sigmaMax', sigmaMin)
  return {
    first: Math.log(sigmaMin) / 4,
    last: Math.log(sigmaMax) / 4,
    level: timestep => ({ alpha: 1, sigma: Math.exp(4 * timestep), timestep }),
    timestep: ({ alpha, sigma }) => Math.log(sigma / alpha) / 4,
  }
}

/** Flow matching: `alpha = 1 − sigma`, timestep `trainSteps·sigma` (arXiv 2403.03206 §2). */
export function flow(options: { readonly trainSteps?: number } = {}): Process {
  const { trainSteps = 1000 } = options
  return {
    first: 0,
    last: trainSteps,
    level: timestep => ({ alpha: 1 - timestep / trainSteps, sigma: timestep / trainSteps, timestep }),
    timestep: ({ alpha, sigma }) => (trainSteps * sigma) / (alpha + sigma),
  }
}

/** The variance-preserving level of `rho = sigma/alpha`. */
export function fromRho(rho: number): NoiseLevel {
  if (rho === Number.POSITIVE_INFINITY) return { alpha: 0, sigma: 1 }
  const alpha = 1 / Math.sqrt(1 + rho * rho)
  return { alpha, sigma: rho * alpha }
}

function uniform(from: number, to: number, count: number): readonly number[] {
  if (!Number.isInteger(count) || count < 2) throw new ProcessError('trainSteps', 'a whole number of at least 2', count)
  const [start, end] = [Math.fround(from), Math.fround(to)]
  const step = Math.fround((end - start) / (count - 1))
  return Array.from({ length: count }, (_, i) =>
    Math.fround(i < count / 2 ? start + step * i : end - step * (count - 1 - i)),
  )
}

/** Multiplied in float64 and kept in float32, as torch's `cumprod` does. */
function cumulative(betas: readonly number[]): number[] {
  let product = 1
  return betas.map(beta => {
    if (!(beta > 0 && beta <= 1)) throw new ProcessError('beta', 'a number above 0 and at most 1', beta)
    product *= Math.fround(1 - Math.fround(beta))
    return Math.fround(product)
  })
}

export class ProcessError extends Error {
  override readonly name = 'Schedules.ProcessError'
  constructor(subject: string, expected: string, got: number) {
    super(`process: ${subject} must be ${expected}, got ${got}`)
  }
}
