import { edm, exponential, type NoiseLevel, type Process } from '@fewstep/schedules'
import { heun, run, type Solver } from '@fewstep/solvers'
import { expect } from 'vitest'
import { boxes } from './boxes.ts'
import { exact } from './mixture.ts'

/** Runs a solver on the mixture with constant draws of 0.5, and expects that nothing but the result stays alive. */
export async function solve(
  solver: Solver,
  levels: readonly NoiseLevel[],
  x: number,
  process: Process = edm(),
): Promise<{ readonly x: number; readonly calls: number }> {
  const ops = boxes()
  const generator = run(
    solver.plan(levels, process),
    { value: x },
    {
      ops,
      denoise: (at, level) => {
        const denoised = exact(at.value, level)
        return { denoised: ops.make(denoised), unconditional: ops.make(denoised) }
      },
      noise: () => ops.make(0.5),
    },
  )
  let calls = 0
  for (;;) {
    const { value, done } = await generator.next()
    if (done) {
      expect([...ops.alive]).toEqual([value])
      return { x: value.value, calls }
    }
    calls = value.evaluations
  }
}

/** `steps + 1` levels from sigma 10 to 0.1, evenly in ln sigma, without a clean end. */
export const grid = (steps: number): readonly NoiseLevel[] =>
  exponential({ sigmaMax: 10, sigmaMin: 0.1 })
    .levels(steps + 1, edm())
    .slice(0, -1)

let truth: Promise<number> | undefined

/**
 * The measured global order: log2 of the error's fall from `steps` to `2·steps`, against Heun with 20,000 steps (good to
 * some 1e-9: steps must be few enough that the errors stay well above).
 */
export async function measuredOrder(
  solver: Solver,
  { steps = 160, levels = grid }: { steps?: number; levels?: (steps: number) => readonly NoiseLevel[] } = {},
): Promise<number> {
  truth ??= solve(heun(), grid(20_000), 7).then(({ x }) => x)
  const error = async (n: number) => Math.abs((await solve(solver, levels(n), 7)).x - (await truth!))
  return Math.log2((await error(steps)) / (await error(2 * steps)))
}
