import { checkNumber } from '@fewstep/errors'
import { type DiscreteProcess, discrete } from './discrete.ts'
import { ProcessError } from './errors.ts'

export type BetaOptions = {
  readonly betaStart?: number
  readonly betaEnd?: number
  readonly trainSteps?: number
  /** Rescale so that the last level holds no signal (arXiv:2305.08891, algorithm 1). */
  readonly zeroTerminalSnr?: boolean
}

/**
 * `β_t = (√β₀ + t/(T−1)·(√β₁ − √β₀))²`: Stable Diffusion's process.
 *
 * @throws ProcessError
 */
export function scaledLinear(options: BetaOptions = {}): DiscreteProcess {
  const { betaStart = 0.00085, betaEnd = 0.012, trainSteps = 1000, zeroTerminalSnr = false } = options
  checkBetas('scaledLinear', betaStart, betaEnd, trainSteps)
  const roots = ramp32(Math.sqrt(betaStart), Math.sqrt(betaEnd), trainSteps)
  return fromBetas(
    roots.map(root => Math.fround(root * root)),
    { zeroTerminalSnr },
  )
}

/**
 * `β_t = β₀ + t/(T−1)·(β₁ − β₀)` (arXiv:2006.11239, section 4).
 *
 * @throws ProcessError
 */
export function linear(options: BetaOptions = {}): DiscreteProcess {
  const { betaStart = 0.0001, betaEnd = 0.02, trainSteps = 1000, zeroTerminalSnr = false } = options
  checkBetas('linear', betaStart, betaEnd, trainSteps)
  return fromBetas(ramp32(betaStart, betaEnd, trainSteps), { zeroTerminalSnr })
}

/**
 * `β_t = min(1 − f((t+1)/T)/f(t/T), 0.999)`, `f(u) = cos²((u + 0.008)/1.008·π/2)` (arXiv:2102.09672, equation 17).
 *
 * @throws ProcessError
 */
export function squaredCosine(options: Pick<BetaOptions, 'trainSteps' | 'zeroTerminalSnr'> = {}): DiscreteProcess {
  const { trainSteps = 1000, zeroTerminalSnr = false } = options
  checkBetas('squaredCosine', 0.1, 0.1, trainSteps)
  const f = (u: number): number => Math.cos((((u + 0.008) / 1.008) * Math.PI) / 2) ** 2
  const betas = Array.from({ length: trainSteps }, (_, t) => {
    return Math.fround(Math.min(1 - f((t + 1) / trainSteps) / f(t / trainSteps), 0.999))
  })
  return fromBetas(betas, { zeroTerminalSnr })
}

/**
 * A process from the betas of its training: `ᾱ_t = Π (1 − β_s)`, multiplied in float64 and kept in float32, as torch does.
 *
 * @throws ProcessError
 */
export function fromBetas(
  betas: readonly number[],
  options: Pick<BetaOptions, 'zeroTerminalSnr'> = {},
): DiscreteProcess {
  const { zeroTerminalSnr = false } = options
  betas.forEach((beta, t) => {
    if (!(beta > 0 && beta <= 1))
      throw new ProcessError('fromBetas', 'betas above 0 and at most 1', `${beta} at timestep ${t}`)
  })
  return discrete(cumulative(zeroTerminalSnr ? withoutTerminalSignal(betas) : betas))
}

function cumulative(betas: readonly number[]): number[] {
  let product = 1
  return betas.map(beta => {
    product *= Math.fround(1 - Math.fround(beta))
    return Math.fround(product)
  })
}

/** `√ᾱ ← (√ᾱ − √ᾱ_T)·√ᾱ_0/(√ᾱ_0 − √ᾱ_T)`. */
function withoutTerminalSignal(betas: readonly number[]): number[] {
  const roots = cumulative(betas).map(value => Math.fround(Math.sqrt(value)))
  const [start, end] = [roots[0]!, roots[roots.length - 1]!]
  const bars = roots.map(root => ((root - end) * (start / (start - end))) ** 2)
  return bars.map((bar, t) => Math.fround(1 - (t === 0 ? bar : bar / bars[t - 1]!)))
}

/** `torch.linspace` in float32: from both ends to the middle. */
function ramp32(start: number, end: number, count: number): number[] {
  const [a, b] = [Math.fround(start), Math.fround(end)]
  const step = Math.fround((b - a) / (count - 1))
  const half = Math.floor(count / 2)
  return Array.from({ length: count }, (_, i) => Math.fround(i < half ? a + step * i : b - step * (count - 1 - i)))
}

/** The most train steps of a table: a thousand times those of usual models. */
const mostTrainSteps = 1_000_000

function checkBetas(subject: string, start: number, end: number, trainSteps: number): void {
  if (!(start > 0 && end >= start && end < 1)) {
    throw new ProcessError(subject, '0 < betaStart <= betaEnd < 1', `${start} and ${end}`)
  }
  const refuse = (expected: string): Error => new ProcessError(`${subject}: trainSteps`, expected, `${trainSteps}`)
  checkNumber(trainSteps, { whole: true, minimum: 2, maximum: mostTrainSteps }, refuse)
}
