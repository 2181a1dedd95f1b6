import type { NoiseLevel, Process } from '@fewstep/schedules'
import type { Evaluation, Solver, Step } from './plan.ts'
import { checkLevels, firstOrder, LevelsError, transfer, unchanged } from './weights.ts'

export type PndmOptions = {
  /** Warm up with three pseudo Runge–Kutta steps of four calls, as F-PNDM does; else with one improved Euler step. */
  readonly prk?: boolean
}

/**
 * PNDM (arXiv 2202.09778): Adams–Bashforth on the noise, moved by DDIM's transfer.
 *
 * Without `prk` it is Stable Diffusion's PLMS: `steps + 1` calls, the first step improved Euler, then weights of two,
 * three and four calls. With `prk` it is F-PNDM (§3.3): `steps + 9` calls; the midpoints lie at the mean timestep and need
 * the process.
 *
 * @throws LevelsError where `prk` lacks a process
 */
export function pndm(options: PndmOptions = {}): Solver {
  const { prk = false } = options
  return {
    name: 'pndm',
    order: 2,
    plan(levels, process) {
      checkLevels('pndm', levels)
      const history: number[] = []
      let index = 0
      const steps = levels.slice(1).map((to, i): Step => {
        const from = levels[i]!
        const first: Evaluation = { level: from, input: unchanged }
        if (from.alpha === 0 || (to.sigma === 0 && i === 0)) {
          return { from, to, draws: [], evaluations: [first], output: firstOrder(from, to, index++) }
        }
        if (prk && i < 3 && to.sigma > 0) {
          const middle = between(from, to, process)
          const [e1, e2, e3, e4] = [index, index + 1, index + 2, index + 3] as const
          history.push(e1)
          index += 4
          return {
            from,
            to,
            draws: [],
            evaluations: [
              first,
              { level: middle, input: transfer(from, middle, [[1, e1]]) },
              { level: middle, input: transfer(from, middle, [[1, e2]]) },
              { level: to, input: transfer(from, to, [[1, e3]]) },
            ],
            output: transfer(from, to, [
              [1 / 6, e1],
              [1 / 3, e2],
              [1 / 3, e3],
              [1 / 6, e4],
            ]),
          }
        }
        history.push(index++)
        // A single step has nothing to warm up for: Stable Diffusion's PLMS makes one call then.
        if (!prk && i === 0 && levels.length > 2) {
          const second = index++
          const output = transfer(from, to, [
            [0.5, second - 1],
            [0.5, second],
          ])
          const again: Evaluation = { level: to, input: transfer(from, to, [[1, second - 1]]) }
          return { from, to, draws: [], evaluations: [first, again], output }
        }
        const newest = history.slice(-4).reverse()
        const weights = bashforth[newest.length - 1]!
        return {
          from,
          to,
          draws: [],
          evaluations: [first],
          output: transfer(
            from,
            to,
            newest.map((e, k) => [weights[k]!, e]),
          ),
        }
      })
      return { steps }
    },
  }
}

/** Adams–Bashforth weights of one to four slopes on a uniform grid, newest first. */
const bashforth: readonly (readonly number[])[] = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
]

function between(from: NoiseLevel, to: NoiseLevel, process: Process | undefined): NoiseLevel {
  if (process === undefined)
    throw new LevelsError('pndm', 'prk evaluates between the levels; pass the process to plan(levels, process)')
  return process.level(((from.timestep ?? process.timestep(from)) + (to.timestep ?? process.timestep(to))) / 2)
}
