import type { Attention } from './cacher.ts'
import type { PlannedCall } from './calls.ts'
import { checkWhole } from './errors.ts'

export type TGateOptions = {
  /** The first step without cross-attention and guidance; steps/2.5, rounded, by default. */
  readonly gate?: number
  /** The second version of T-GATE: reuses self-attentions too. */
  readonly selfAttention?: {
    /** Before the gate, self-attentions are computed every `interval` steps; 5 by default. */
    readonly interval?: number
    /** From the gate on, they are computed every `after` steps; 1, at every step, by default. */
    readonly after?: number
    /** How many steps at the start always compute them; 2 by default. */
    readonly warmUp?: number
  }
}

/**
 * T-GATE (arXiv 2404.02747): once the cross-attentions have settled, their outputs are averaged over the evaluations with and
 * without the prompt, and reused. The rest of the run needs one condition and no guidance, which is most of the gain.
 *
 * @throws CacherError
 */
export function tGate(options: TGateOptions = {}): Attention {
  const { gate, selfAttention } = options
  if (gate !== undefined) checkWhole('tgate: gate', gate, 1)
  const { interval = 5, after = 1, warmUp = 2 } = selfAttention ?? {}
  checkWhole('tgate: interval', interval, 1)
  checkWhole('tgate: after', after, 1)
  checkWhole('tgate: warmUp', warmUp, 0)
  const self = (step: number, m: number): 'compute' | 'keep' | 'reuse' => {
    if (selfAttention === undefined) return 'compute'
    if (step >= m) return after === 1 ? 'compute' : step % after === 0 ? 'keep' : 'reuse'
    if (step === m - 1 || step === warmUp) return 'keep'
    if (step < warmUp) return 'compute'
    return step % interval === 0 ? 'keep' : 'reuse'
  }
  return {
    kind: 'attention',
    name: 'tgate',
    selfAttention: selfAttention !== undefined,
    cell({ step, steps }: PlannedCall) {
      const m = gate ?? Math.max(1, Math.round(steps / 2.5))
      return { cross: step >= m ? 'reuse' : step === m - 1 && m < steps ? 'keep' : 'compute', self: self(step, m) }
    },
  }
}
