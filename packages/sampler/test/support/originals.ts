import { readFileSync } from 'node:fs'
import type { NoiseLevel } from '@fewstep/schedules'
import { type Denoise, type Plan, run, type Step } from '@fewstep/solvers'
import { type Float32Ops, float32Ops, torchGenerator } from '@fewstep/tensor'
import { expect } from 'vitest'
import { line, posteriorMean } from '../../../solvers/test/support/mixture.ts'

/** One recorded run of an original: what its network was told and shown at every call, and the end. */
export type Run = {
  readonly steps: number
  readonly failed?: string
  readonly timesteps: readonly number[]
  /** During which call each draw was made. */
  readonly draws: readonly number[]
  /** Inputs of every call and the result, float32 in base64. */
  readonly values: string
  readonly initial?: number
  readonly sigmas?: readonly number[]
}

export type Original<C> = {
  readonly source: string
  readonly startSeed: number
  readonly noiseSeed: number
  readonly cases: readonly C[]
}

export function originals<C>(name: string): Original<C> {
  return JSON.parse(readFileSync(new URL(`../../../../reference/data/originals/${name}.json`, import.meta.url), 'utf8'))
}

const size = 16

export function recorded({ values }: Run): readonly Float32Array[] {
  const bytes = Uint8Array.from(Buffer.from(values, 'base64'))
  const numbers = new Float32Array(bytes.buffer)
  return Array.from({ length: numbers.length / size }, (_, i) => numbers.subarray(i * size, (i + 1) * size))
}

/** The recorded denoiser, element by element, in float64. */
export function denoised(x: Float32Array, level: NoiseLevel): Float64Array {
  return Float64Array.from(x, value => posteriorMean(line, Float64Array.of(value), level)[0]!)
}

/** What a perfect network answers, of the kind that a scheduler's configuration says. */
export function answerOf(
  config: Readonly<Record<string, unknown>>,
  x: Float32Array,
  { alpha, sigma }: NoiseLevel,
): Float32Array {
  const data = denoised(x, { alpha, sigma })
  const name = String(config._class_name)
  if (/^(EDM|Cosine)/.test(name)) {
    const cosine = name.startsWith('Cosine')
    const deviation = Number(config.sigma_data ?? (cosine ? 1 : 0.5))
    const rho = sigma / alpha
    const total = Math.hypot(rho, deviation)
    const out = ((rho * deviation) / total) * (cosine || config.prediction_type === 'v_prediction' ? -1 : 1)
    return x.map((value, i) => (data[i]! - (deviation / total) ** 2 * total * value) / out)
  }
  const [rho, total] = [sigma / alpha, Math.hypot(sigma / alpha, Number(config.sigma_data ?? 0.5))]
  const share = Number(config.sigma_data ?? 0.5)
  const each = (answer: (value: number, data: number) => number) => x.map((value, i) => answer(value, data[i]!))
  switch (name) {
    case 'CMStochasticIterativeScheduler': {
      const from = rho - Number(config.sigma_min ?? 0.002)
      const skip = share ** 2 / (from ** 2 + share ** 2)
      // At sigma_min the output counts for nothing.
      return each((value, data) => (from < 1e-9 ? 0 : ((data - skip * total * value) * total) / (from * share)))
    }
    case 'ConsistencyDecoderScheduler':
      return each((value, data) => ((data - (share ** 2 / total) * value) * total) / (rho * share))
    case 'SCMScheduler':
      return each((value, data) => ((alpha * value - data) * share) / sigma)
    case 'KarrasVeScheduler':
      return each((value, data) => (data - value) / sigma)
    case 'ScoreSdeVeScheduler':
      return each((value, data) => (data - value) / sigma ** 2)
    case 'MiniMaxH3Scheduler':
      return each((value, data) => (data - value) / sigma)
  }
  const kind = /^(Flow|LTX)/.test(name) ? 'flow_prediction' : name.startsWith('IPNDM') ? 'v_prediction' : undefined
  switch (kind ?? config.prediction_type ?? 'epsilon') {
    case 'epsilon':
      return x.map((value, i) => (value - alpha * data[i]!) / sigma)
    case 'v_prediction':
      return x.map((value, i) => (sigma > 0 ? (alpha * value - data[i]!) / sigma : -data[i]!))
    case 'flow_prediction':
      return x.map((value, i) => (value - data[i]!) / sigma)
    default:
      return Float32Array.from(data)
  }
}

export function startNoise(seed: number): Float32Array {
  return torchGenerator(seed).normal(size)
}

/**
 * A plan's own questions and end: the inputs of its calls, the levels, the result. The
 * draws are the recorded ones, in order: where the plan makes as many, each takes one, else only those that it has a use for.
 */
export async function questions(
  plan: Plan,
  x: Float32Array,
  noiseSeed: number,
  denoiserOf: (ops: Float32Ops) => Denoise<Float32Array>,
  draws: readonly number[] = [],
): Promise<{ readonly levels: readonly NoiseLevel[]; readonly values: readonly Float32Array[] }> {
  const ops = float32Ops()
  const denoise = denoiserOf(ops)
  const source = torchGenerator(noiseSeed)
  const noises = draws.map(() => source.normal(size))
  const all = plan.steps.reduce((count, step) => count + step.draws.length, 0) === draws.length
  let next = 0
  const levels: NoiseLevel[] = []
  const values: Float32Array[] = []
  const generator = run(plan, x, {
    ops,
    denoise: (at, level, call) => {
      levels.push(level)
      values.push(at.slice())
      return denoise(at, level, call)
    },
    noise: (_, { step, index }) => {
      // Far off, so that it would show if it were used after all.
      return all || isUsed(plan.steps[step]!, index) ? noises[next++]!.slice() : new Float32Array(size).fill(1e6)
    },
  })
  for (;;) {
    const { value, done } = await generator.next()
    if (!done) continue
    values.push(value.slice())
    return { levels, values }
  }
}

function isUsed({ evaluations, output }: Step, index: number): boolean {
  return [output, ...evaluations.map(({ input }) => input)].some(terms =>
    terms.some(({ slot, weight }) => slot.kind === 'draw' && slot.index === index && weight !== 0),
  )
}

/**
 * Compares inputs and the result with the recorded ones, to `least` of the largest value. The original's x/alpha is float32, too:
 * falling from afar it keeps the rounding errors that it had there, so that these are allowed for. The recorded result stands
 * last, the calls may be fewer than recorded.
 */
export function expectValues(
  values: readonly Float32Array[],
  theirs: readonly Float32Array[],
  alphas: readonly number[],
  least = 1e-5,
): void {
  let largest = 0
  values.forEach((value, i) => {
    const end = i === values.length - 1
    const other = theirs[end ? theirs.length - 1 : i]!
    const size = Math.max(...other.map(Math.abs)) / alphas[i]!
    const tolerance = Math.max(least, (2 ** -21 * largest) / size)
    expect(distance(value, other), end ? 'the result' : `input of call ${i}`).toBeLessThan(tolerance)
    if (alphas[i]! > 0) largest = Math.max(largest, size)
  })
}

/** The largest difference, relative to the largest value. */
function distance(a: Float32Array, b: Float32Array): number {
  let difference = 0
  let largest = 0
  for (let i = 0; i < a.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!))
    largest = Math.max(largest, Math.abs(b[i]!))
  }
  return difference / largest
}
