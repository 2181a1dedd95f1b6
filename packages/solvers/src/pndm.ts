import type { NoiseLevel, Process } from '@fewstep/schedules'
import { adamsBashforth } from './adams-bashforth.ts'
import type { Evaluation, Solver, Step } from './plan.ts'
import { checkLevels, firstOrder, LevelsError, transfer, unchanged } from './weights.ts'

/**
 * PLMS, the form of PNDM (arXiv 2202.09778) that Stable Diffusion uses: Adams–Bashforth's fixed weights of up to four
 * evaluations on the noise, with DDIM's transfer. The first step is improved Euler, so a run has `steps + 1` evaluations; a
 * single step is Euler's.
 *
 * Second order; fourth where `sigma/alpha` falls evenly, as the weights assume.
 */
export function pndm(): Solver {
  return pseudoLinear('pndm', 4, eulerWarmUp)
}

/**
 * F-PNDM (arXiv 2202.09778 §3.3, algorithm 2): the same weights after three pseudo Runge–Kutta steps of four evaluations,
 * `steps + 9` evaluations in all. A midpoint lies at the mean timestep and needs the process.
 *
 * Second order; fourth where `sigma/alpha` falls evenly after the warm-up.
 *
 * @throws LevelsError without a process
 */
export function fpndm(): Solver {
  return pseudoLinear('fpndm', 4, rungeKuttaWarmUp)
}

/** S-PNDM (arXiv 2202.09778 §3.3, algorithm 3): an improved Euler step, then the weights 3/2 and −1/2. `steps + 1` evaluations. */
export function spndm(): Solver {
  return pseudoLinear('spndm', 2, eulerWarmUp)
}

/** A step of several evaluations, numbered from `index`; only the first of them enters the history. */
type WarmUp = {
  readonly steps: number
  step(from: NoiseLevel, to: NoiseLevel, index: number, process: Process | undefined): Step
}

function pseudoLinear(name: string, depth: number, warmUp: WarmUp): Solver {
  return {
    name,
    order: 2,
    plan(levels, process) {
      checkLevels(name, levels)
      const history: number[] = []
      let index = 0
      const steps = levels.slice(1).map((to, i): Step => {
        const from = levels[i]!
        // Where no signal is left, the noise does not say where x goes.
        const evaluations: readonly Evaluation[] = [{ level: from, input: unchanged }]
        if (from.alpha === 0) return { from, to, draws: [], evaluations, output: firstOrder(from, to, index++) }
        const warming = history.length < warmUp.steps && to.sigma > 0 && levels.length > 2
        history.unshift(index)
        if (warming) {
          const step = warmUp.step(from, to, index, process)
          index += step.evaluations.length
          return step
        }
        index += 1
        const weights = adamsBashforth(Math.min(history.length, depth))
        return {
          from,
          to,
          draws: [],
          evaluations,
          output: transfer(
            from,
            to,
            weights.map((w, k) => [w, history[k]!]),
          ),
        }
      })
      return { steps }
    },
  }
}

const eulerWarmUp: WarmUp = {
  steps: 1,
  step: (from, to, e) => ({
    from,
    to,
    draws: [],
    evaluations: [
      { level: from, input: unchanged },
      { level: to, input: transfer(from, to, [[1, e]]) },
    ],
    output: transfer(from, to, [
      [1 / 2, e],
      [1 / 2, e + 1],
    ]),
  }),
}

const rungeKuttaWarmUp: WarmUp = {
  steps: 3,
  step(from, to, e, process) {
    const middle = between(from, to, process)
    return {
      from,
      to,
      draws: [],
      evaluations: [
        { level: from, input: unchanged },
        { level: middle, input: transfer(from, middle, [[1, e]]) },
        { level: middle, input: transfer(from, middle, [[1, e + 1]]) },
        { level: to, input: transfer(from, to, [[1, e + 2]]) },
      ],
      output: transfer(from, to, [
        [1 / 6, e],
        [1 / 3, e + 1],
        [1 / 3, e + 2],
        [1 / 6, e + 3],
      ]),
    }
  },
}

function between(from: NoiseLevel, to: NoiseLevel, process: Process | undefined): NoiseLevel {
  if (process === undefined)
    throw new LevelsError(
      'fpndm',
      'its warm-up evaluates between the levels; pass the process to plan(levels, process)',
    )
  return process.level(((from.timestep ?? process.timestep(from)) + (to.timestep ?? process.timestep(to))) / 2)
}
