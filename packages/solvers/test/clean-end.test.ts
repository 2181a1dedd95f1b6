import { edm, flow, type NoiseLevel, type Process, scaledLinear } from '@fewstep/schedules'
import { readOptions, scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { LevelsError, type Solver } from '@fewstep/solvers'
import { solverCatalogue } from '@fewstep/solvers/catalogue'
import { torchGenerator } from '@fewstep/tensor'
import { expect, test } from 'vitest'
import { solve } from './support/contract.ts'
import { type Variant, variants } from './support/variants.ts'

const processes: readonly Process[] = [
  scaledLinear(),
  scaledLinear({ zeroTerminalSnr: true }),
  edm(),
  edm({ sigmaMax: 3 }),
  flow(),
]

/** Levels of 1 to 6 steps to a clean end, by every schedule that makes them on a process. */
const runs: readonly { readonly process: Process; readonly levels: readonly NoiseLevel[] }[] = processes.flatMap(
  process =>
    scheduleCatalogue.flatMap(row =>
      [1, 2, 3, 4, 5, 6].flatMap(steps => {
        try {
          const levels = row.create(readOptions(row.options, {}, row.name)).levels(steps, process)
          return [{ process, levels: levels.at(-1)!.sigma === 0 ? levels : [...levels, { alpha: 1, sigma: 0 }] }]
        } catch {
          // The schedule is for another process, or has no such number of steps.
          return []
        }
      }),
    ),
)

/** The exact estimate for data that is −1 or 1. */
const twoPoints = (x: Float64Array, { alpha, sigma }: NoiseLevel): Float64Array =>
  x.map(value => Math.tanh((alpha * value) / (sigma * sigma)))

/** How far a solver may end from a single point, and from 0 where the data are −1 and 1. */
function limits(name: string, { options }: Variant): { readonly single: number; readonly two: number } {
  const { eulerAtFinal, timestepScaling, time, scaling } = options
  // As published, its last step is Euler's in the time and the scaling of an earlier paper, which does not end on the estimate.
  if (name === 'edm-ablation' && (time === 've' || time === 'vp' || scaling === 'vp'))
    return { single: Number.POSITIVE_INFINITY, two: Number.POSITIVE_INFINITY }
  // By their definition, its two factors are not quite 0 and 1; and with the scaling 0 they are 1 and 0.
  if (name === 'lcm')
    return timestepScaling === 0
      ? { single: Number.POSITIVE_INFINITY, two: Number.POSITIVE_INFINITY }
      : { single: 0.1, two: 1.1 }
  // Their fixed weights of past noise go to sigma 0, too, which fits even steps in sigma/alpha only.
  if (['pndm', 'spndm', 'fpndm'].includes(name)) return { single: 1e-4, two: Number.POSITIVE_INFINITY }
  // As published, the step to sigma 0 is of full order, through past noise.
  if (name === 'lms' || (name.startsWith('ipndm') && eulerAtFinal === false)) return { single: 1e-9, two: 3 }
  return { single: 1e-9, two: 1 }
}

test('there are runs to try', () => {
  expect(runs.length).toBeGreaterThan(300)
})

test.each(solverCatalogue.map(row => [row.name, row] as const))(
  '%s, whatever its options, ends on a single point, and between two',
  async (name, row) => {
    const random = torchGenerator(3)
    for (const [number, variant] of variants(row).entries()) {
      const { single, two } = limits(name, variant)
      // Each variant takes a part of the runs, another one each time.
      for (const { process, levels } of runs.filter((_, i) => i % 8 === number % 8)) {
        const [seed, ...draw] = random.normal(40) as unknown as [number, ...number[]]
        const x = levels[0]!.alpha * 0.7 + levels[0]!.sigma * seed
        const near = (end: number, target: number, limit: number): void => {
          if (Math.abs(end - target) < limit) return
          const ratios = levels.map(({ alpha, sigma }) => (sigma / alpha).toPrecision(3))
          expect.fail(
            `${JSON.stringify(variant.options)} on ${ratios.join(' ')} ends at ${end}, expected ${target} ± ${limit}`,
          )
        }
        try {
          const plan = variant.solver.plan(levels, process)
          const solver: Solver = { ...variant.solver, plan: () => plan }
          const start = { x, process, draw }
          const point = await solve(solver, levels, { ...start, denoised: at => at.map(() => 0.7) })
          near(point.x, 0.7, single)
          const between = await solve(solver, levels, { ...start, denoised: twoPoints })
          near(between.x, 0, two + 1e-9)
        } catch (error) {
          // DDPM's exploding variance has none at a start without signal.
          if (!(error instanceof LevelsError && /without signal/.test(error.message))) throw error
        }
      }
    }
  },
)
