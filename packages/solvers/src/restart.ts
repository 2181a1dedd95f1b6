import type { NoiseLevel, Process } from '@fewstep/schedules'
import { levelAt } from './between.ts'
import type { Plan, Solver, Step } from './plan.ts'
import { heunTableau } from './rho-rk.ts'
import { rhoStep } from './rho-step.ts'
import { checkLevels, checkOption, draw, rho, state, unchanged, weighted } from './weights.ts'

export type RestartOptions = {
  /** Where a restart begins, in `sigma/alpha`: the level nearest to it. */
  readonly sigmaMin?: number
  /** Where a restart goes back to, in `sigma/alpha`: the level nearest to it. No restart where that is not above `sigmaMin`'s. */
  readonly sigmaMax?: number
  /** Steps of one restart; by default 9 in runs of 20 to 35 steps, a quarter of the steps in longer ones. */
  readonly restartSteps?: number
  /** How many restarts; by default none below 20 steps, one below 36, two from there on. */
  readonly restarts?: number
  /** Factor of the noise's deviation. */
  readonly sNoise?: number
}

/**
 * Restart sampling (arXiv 2306.14878, algorithm 1) as Stable Diffusion WebUI runs it: Heun's method, and at `sigmaMin` noise
 * of variance `ρ_max² − ρ_min²` leads back to `sigmaMax`, from where the run goes down again. Each descent is even in
 * `ρ^(1/7)`.
 *
 * A run has as many steps as the schedule has intervals, including those of the restarts. With restarts, the first descent
 * has fewer steps accordingly, and its levels are Karras's between the first and the last noisy level of the schedule. Where
 * fewer than two steps are left for it, there is no restart. Needs the process.
 *
 * @throws OptionError
 */
export function restart(options: RestartOptions = {}): Solver {
  const name = 'restart'
  const { sigmaMin = 0.1, sigmaMax = 2, sNoise = 1 } = options
  checkOption(name, 'sigmaMin', sigmaMin, Number.MIN_VALUE, Number.MAX_VALUE)
  checkOption(name, 'sigmaMax', sigmaMax, Number.MIN_VALUE, Number.MAX_VALUE)
  checkOption(name, 'sNoise', sNoise, 0, Number.MAX_VALUE)
  checkOption(name, 'restartSteps', options.restartSteps ?? 1, 1, 10_000, true)
  checkOption(name, 'restarts', options.restarts ?? 0, 0, 1000, true)
  return {
    name,
    order: 2,
    plan(levels, process) {
      checkLevels(name, levels)
      const count = levels.length - 1
      const { restarts = count < 20 ? 0 : count < 36 ? 1 : 2 } = options
      const { restartSteps = count < 36 ? Math.min(9, count) : Math.floor(count / 4) } = options
      // From a start without signal, no levels are even in ρ: the first step stays as it is.
      const lead = levels.filter(({ alpha }) => alpha === 0)
      const noisy = levels.slice(lead.length, -1)
      const left = count - restartSteps * restarts - lead.length
      const moves: [from: NoiseLevel, to: NoiseLevel][] = []
      const walk = (path: readonly NoiseLevel[]): void => {
        for (const [i, to] of path.slice(1).entries()) moves.push([path[i]!, to])
      }
      if (restarts === 0 || left < 2 || noisy.length < 2) walk(levels)
      else {
        const main = [...lead, ...down(name, process, noisy[0]!, noisy.at(-1)!, left), ...levels.slice(-1)]
        const [low, high] = [nearest(main, sigmaMin), nearest(main, sigmaMax)]
        const again = high < low ? down(name, process, main[high]!, main[low]!, restartSteps + 1) : []
        walk(main.slice(0, low + 1))
        for (let i = 0; i < restarts; i++) walk(again)
        walk(main.slice(low))
      }
      return planOf(name, moves, sNoise, process)
    },
  }
}

/** Heun's steps; one that begins above the end of the step before adds noise first. */
function planOf(
  name: string,
  moves: readonly (readonly [from: NoiseLevel, to: NoiseLevel])[],
  sNoise: number,
  process: Process | undefined,
): Plan {
  let index = 0
  const steps = moves.map(([from, to], i): Step => {
    const before = moves[i - 1]?.[1] ?? from
    const rises = rho(from) > rho(before)
    const added = from.alpha * sNoise * Math.sqrt(Math.max(0, (rho(from) - rho(before)) * (rho(from) + rho(before))))
    const start = {
      level: from,
      input: rises ? weighted([from.alpha / before.alpha, state], [added, draw(0)]) : unchanged,
      draws: rises ? [{ from: before, to: from }] : [],
    }
    const step = rhoStep(name, start, to, { tableau: heunTableau, index, process })
    index += step.evaluations.length
    return { from: before, to, ...step }
  })
  return { steps }
}

/** Levels even in `ρ^(1/7)`, both ends included; the ends as they are. */
function down(
  name: string,
  process: Process | undefined,
  from: NoiseLevel,
  to: NoiseLevel,
  count: number,
): readonly NoiseLevel[] {
  const roots = [rho(from) ** (1 / 7), rho(to) ** (1 / 7)] as const
  return Array.from({ length: count }, (_, i) => {
    if (i === 0) return from
    if (i === count - 1) return to
    return levelAt(name, process, (roots[0] + (i / (count - 1)) * (roots[1] - roots[0])) ** 7)
  })
}

/** The index of the level whose `sigma/alpha` is nearest. */
function nearest(levels: readonly NoiseLevel[], ratio: number): number {
  const distances = levels.map(level => Math.abs(rho(level) - ratio))
  return distances.indexOf(Math.min(...distances))
}
