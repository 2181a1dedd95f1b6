import type { NoiseLevel } from '@fewstep/schedules'
import type { Combination, Plan, Slot } from './plan.ts'

/**
 * A plan as text, step by step: the levels, the noise draws `z`, the model evaluations (`call`) with their inputs, and the
 * weights of the output. `x` is the state at the start of the step, `D3` the data estimate of evaluation 3, `ε3` its noise,
 * `N3` that noise before any clipping, `U3` its estimate without guidance.
 *
 *     step 1: t 500, rho 1.41421 → t 250, rho 0.57735
 *       call 1 at t 500, rho 1.41421: x
 *       x = 0.707107·x + 0.5·D1 − 0.1·D0
 */
export function printPlan(plan: Plan): string {
  let call = 0
  const lines = plan.steps.flatMap(({ from, to, draws, evaluations, output }, i) => [
    `step ${i}: ${printLevel(from)} → ${printLevel(to)}`,
    ...draws.map((draw, j) => `  z${j} from ${printLevel(draw.from)} to ${printLevel(draw.to)}`),
    ...evaluations.map(({ level, input }) => `  call ${call++} at ${printLevel(level)}: ${printSum(input)}`),
    `  x = ${printSum(output)}`,
  ])
  return lines.join('\n')
}

function printLevel({ alpha, sigma, timestep }: NoiseLevel): string {
  const rho = `rho ${short(sigma / alpha)}`
  return timestep === undefined ? rho : `t ${short(timestep)}, ${rho}`
}

function printSum(combination: Combination): string {
  const terms = combination.map(({ slot, weight }, i) => {
    const sign = weight < 0 ? '−' : i === 0 ? '' : '+'
    const size = Math.abs(weight) === 1 ? '' : `${short(Math.abs(weight))}·`
    return `${sign}${i === 0 ? '' : ' '}${size}${symbol(slot)}`
  })
  return terms.length === 0 ? '0' : terms.join(' ')
}

const views = { data: 'D', noise: 'ε', 'raw-noise': 'N', unconditional: 'U' }

function symbol(slot: Slot): string {
  if (slot.kind === 'state') return 'x'
  return slot.kind === 'draw' ? `z${slot.index}` : `${views[slot.view]}${slot.index}`
}

/** A number with six digits, without trailing zeros. */
function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : value > 0 ? '∞' : String(value)
}
