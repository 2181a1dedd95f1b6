import { discrete, type Process } from '@fewstep/schedules'
import type { Options } from '../diffusers/config.ts'
import { tableProcess } from '../diffusers/process.ts'

/** The signal (`alpha`²) that is left at zero terminal SNR. */
const trace = 4.8973451890853435e-8

/**
 * The process of a table of betas as ComfyUI and WebUI compute it: in double precision, where diffusers uses single, and
 * with a little signal left at zero terminal SNR.
 */
export function programProcess(options: Options): Process {
  const { trained_betas: trained, beta_schedule: kind, rescale_betas_zero_snr: zeroSnr } = options
  const closedForm = trained === null && (kind === 'linear' || kind === 'scaled_linear')
  const bars = closedForm ? products(options) : kept(options)
  return discrete(zeroSnr === true ? withoutTerminalSignal(bars) : bars)
}

/** `ᾱ_t = Π (1 − β_s)`. */
function products(o: Options): readonly number[] {
  const { beta_start: start, beta_end: end, num_train_timesteps: count, beta_schedule: kind } = o
  const [a, b] = kind === 'scaled_linear' ? [Math.sqrt(start), Math.sqrt(end)] : [start, end]
  let product = 1
  return Array.from({ length: count }, (_, t) => {
    const value = a + (t / (count - 1)) * (b - a)
    product *= 1 - (kind === 'scaled_linear' ? value * value : value)
    return product
  })
}

/** `ᾱ_t` as diffusers computes it. */
function kept(o: Options): readonly number[] {
  const process = tableProcess({ ...o, rescale_betas_zero_snr: false })
  return Array.from({ length: o.num_train_timesteps }, (_, t) => process.level(t).alpha ** 2)
}

/** `√ᾱ ← (√ᾱ − √ᾱ_T)·√ᾱ_0/(√ᾱ_0 − √ᾱ_T)` (arXiv:2305.08891, algorithm 1). */
function withoutTerminalSignal(bars: readonly number[]): readonly number[] {
  const roots = bars.map(Math.sqrt)
  const [start, end] = [roots[0]!, roots.at(-1)!]
  return roots.map((root, t) => (t === roots.length - 1 ? trace : ((root - end) * (start / (start - end))) ** 2))
}
