import type { NoiseLevel, Process } from '@fewstep/schedules'
import { type ChurnOptions, checkChurn, churned } from './churn.ts'
import type { Plan, Solver } from './plan.ts'
import { rhoStep } from './rho-step.ts'
import { orderOf, type Tableau } from './tableau.ts'
import { checkLevels } from './weights.ts'

/**
 * ρRK of DEIS (arXiv 2204.13902 §3.3): any explicit Runge–Kutta method on `dx̂/dρ = ε`, `x̂ = x/alpha`, `ρ = sigma/alpha`.
 * As many evaluations a step as the tableau has stages; a step to sigma 0 is Euler's. The order is the tableau's, up to 6.
 *
 * @throws TableauError
 */
export function rhoRk(tableau: Tableau = rk4Tableau): Solver {
  return rungeKutta('rho-rk', orderOf(tableau), () => tableau)
}

/** A plan of one Runge–Kutta step for each interval, with a tableau chosen for each and optional churn. */
export function rungeKutta(
  name: string,
  order: number,
  tableau: (from: NoiseLevel, to: NoiseLevel) => Tableau,
  churn: ChurnOptions = {},
): Solver {
  checkChurn(name, churn)
  return {
    name,
    order,
    plan(levels: readonly NoiseLevel[], process?: Process): Plan {
      checkLevels(name, levels)
      let index = 0
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const start = churned(name, { from, to, steps: levels.length - 1 }, churn, process)
          const step = rhoStep(name, start, to, { tableau: tableau(start.level, to), index, process })
          index += step.evaluations.length
          return { from, to, ...step }
        }),
      }
    },
  }
}

/** Second order with the second evaluation at the fraction `alpha` of the step: 1/2 is the midpoint rule, 2/3 Ralston's, 1 Heun's. */
export function secondOrderTableau(alpha: number): Tableau {
  return { a: [[], [alpha]], b: [1 - 1 / (2 * alpha), 1 / (2 * alpha)] }
}

export const eulerTableau: Tableau = { a: [[]], b: [1] }
export const heunTableau: Tableau = /* @__PURE__ */ secondOrderTableau(1)
export const kuttaTableau: Tableau = { a: [[], [1 / 2], [-1, 2]], b: [1 / 6, 2 / 3, 1 / 6] }
export const heun3Tableau: Tableau = { a: [[], [1 / 3], [0, 2 / 3]], b: [1 / 4, 0, 3 / 4] }
export const ralston3Tableau: Tableau = { a: [[], [1 / 2], [0, 3 / 4]], b: [2 / 9, 3 / 9, 4 / 9] }
/** Van der Houwen and Wray. */
export const houwenTableau: Tableau = { a: [[], [8 / 15], [1 / 4, 5 / 12]], b: [1 / 4, 0, 3 / 4] }
/** Strong stability preserving (Shu and Osher). */
export const ssprk3Tableau: Tableau = { a: [[], [1], [1 / 4, 1 / 4]], b: [1 / 6, 1 / 6, 2 / 3] }
export const rk4Tableau: Tableau = { a: [[], [1 / 2], [0, 1 / 2], [0, 0, 1]], b: [1 / 6, 1 / 3, 1 / 3, 1 / 6] }
