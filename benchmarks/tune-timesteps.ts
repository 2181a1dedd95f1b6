/**
 * Searches timesteps for few steps of the embedded model, on pairs that the tables of `bench:error` use neither to choose nor
 * to report: `npx -y pnpm@12 exec node --conditions=@fewstep/source benchmarks/tune-timesteps.ts`. It resumes where it was
 * stopped, and starts again for another model. Run `bench:error --stages 1` before. The result is `benchmarks/results/tuned-timesteps.json`, which `bench:error` uses as one more schedule.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { model } from '@fewstep/model-emoji'
import { givenTimesteps, trailing } from '@fewstep/schedules'
import { searchTimesteps } from '@fewstep/tune'
import { contenders, grids, readTuned, type Tuned } from './support/contenders.ts'
import { guidances, meansOf, nearest, readDistances } from './support/distances.ts'
import { openDistances, pairs } from './support/exact.ts'
import { fingerprint } from './support/fingerprint.ts'
import { writeResults } from './support/results.ts'

const { values } = parseArgs({
  options: {
    threads: { type: 'string' },
    pairs: { type: 'string', default: '8' },
  },
})
const chosen = [...pairs.keys()].slice(0, Number(values.pairs))
const { recipe, distance, dispose } = await openDistances(
  values.threads === undefined ? undefined : Number(values.threads),
)
const levels = trailing().levels(4, recipe.process)
// Solvers with one evaluation a step, so that the number of timesteps is the number of evaluations.
const single = contenders.filter(
  ({ solver }) =>
    solver.plan(levels, recipe.process).steps.reduce((sum, step) => sum + step.evaluations.length, 0) === 4,
)
const atCentre = single.map(contender => ({ contender, grid: grids[0]! }))
const nearness = meansOf(readDistances(), chosen)
const print = await fingerprint(fileURLToPath(model))
const found: Tuned[] = readTuned().filter(tuned => tuned.model === print)
for (const guidance of guidances) {
  for (const steps of [4, 5, 6, 8, 10]) {
    if (found.some(tuned => tuned.guidance === guidance && tuned.steps === steps)) continue
    // The solver that is nearest on the schedule that the search begins with.
    const [{ contender }] = nearest(atCentre, nearness, { guidance, budget: steps }, 1) as [(typeof atCentre)[number]]
    const { name, solver } = contender
    const start = trailing()
      .levels(steps, recipe.process)
      .slice(0, steps)
      .map(level => Math.round(level.timestep ?? recipe.process.timestep(level)))
    const mean = async (timesteps: readonly number[]): Promise<number> => {
      let sum = 0
      for (const pair of chosen)
        sum += await distance({ solver, schedule: givenTimesteps(timesteps), steps, guidance }, pair)
      return sum / chosen.length
    }
    const before = await mean(start)
    let best: Tuned = { model: print, solver: name, guidance, steps, timesteps: start, before, distance: before }
    for await (const { sweep, timesteps, distance, reach } of searchTimesteps(start, {
      distance: mean,
      tolerance: 0.2,
    })) {
      best = { ...best, timesteps, distance }
      console.error(guidance, steps, sweep, timesteps.join(' '), distance.toFixed(4), reach)
    }
    found.push(best)
    await writeResults('tuned-timesteps', found)
  }
}
await dispose()
