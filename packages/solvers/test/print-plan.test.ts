import { scaledLinear } from '@fewstep/schedules'
import { ddim, heun, type Plan, printPlan } from '@fewstep/solvers'
import { expect, test } from 'vitest'

const root = Math.SQRT1_2
const noisy = { alpha: root, sigma: root, timestep: 500 }
const clean = { alpha: 1, sigma: 0 }

test('steps, evaluations, draws and weights, in order', () => {
  const middle = { alpha: 0.8, sigma: 0.6, timestep: 250 }
  const plan = ddim({ eta: 1 }).plan([noisy, middle, clean])
  // kept = (0.6/√½)·e^−h with e^h = 4/3, and s² = 0.36 − (kept·√½)².
  expect(printPlan(plan)).toBe(
    [
      'step 0: t 500, rho 1 → t 250, rho 0.75',
      '  z0 from t 500, rho 1 to t 250, rho 0.75',
      '  call 0 at t 500, rho 1: x',
      '  x = 0.636396·x + 0.35·D0 + 0.396863·z0',
      'step 1: t 250, rho 0.75 → rho 0',
      '  z0 from t 250, rho 0.75 to rho 0',
      '  call 1 at t 250, rho 0.75: x',
      '  x = D1',
    ].join('\n'),
  )
})

test('several evaluations a step, and negative weights', () => {
  const plan = heun().plan([
    { alpha: 1, sigma: 2 },
    { alpha: 1, sigma: 1 },
  ])
  const text = printPlan(plan)
  expect(text).toContain('  call 1 at rho 1: x − ε0')
  expect(text).toContain('  x = x − 0.5·ε0 − 0.5·ε1')
})

test('every weight can be read off', () => {
  const plan: Plan = {
    steps: [
      {
        from: { alpha: 0, sigma: 1, timestep: 999 },
        to: clean,
        draws: [],
        evaluations: [{ level: scaledLinear().level(999), input: [] }],
        output: [
          { slot: { kind: 'evaluation', index: 0, view: 'unconditional' }, weight: -1 },
          { slot: { kind: 'state' }, weight: 1e-9 / 3 },
        ],
      },
    ],
  }
  expect(printPlan(plan)).toBe(
    'step 0: t 999, rho ∞ → rho 0\n  call 0 at t 999, rho 14.6146: 0\n  x = −U0 + 3.33333e-10·x',
  )
})
