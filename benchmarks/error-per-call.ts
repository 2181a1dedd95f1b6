/**
 * How far pictures of the embedded model are from the exact solution of their ODE, for a number of network calls:
 * `npx -y pnpm@12 bench:error`. It goes on where it was stopped; raw results are in `benchmarks/results/error-per-call.jsonl`,
 * and `benchmarks/error-per-call-table.ts` makes the tables and the plots of them.
 *
 * The distance is the root-mean-square difference of latents to UniPC-3 with 250 calls on whole timesteps, from the same
 * noise, both ending without noise. In three stages, each for both guidances and all numbers of calls:
 * 1. every solver on one schedule, the centre, on 8 pairs of prompt and seed;
 * 2. each program's solvers that were nearest there, on every other schedule that the program has, on the same pairs;
 * 3. for each number of calls, each program's two nearest combinations on all 32 pairs.
 * The table's choice is made on pairs 8 to 15, since timesteps were searched for on the first 8, and its figures are
 * those of the other 16.
 */
import { appendFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Schedule } from '@fewstep/schedules'
import type { Solver } from '@fewstep/solvers'
import { contenders, grids, readTuned } from './support/contenders.ts'
import {
  budgets,
  type Combination,
  type Distance,
  file,
  guidances,
  has,
  meansOf,
  nearest,
  nearestOverall,
  type Place,
  programs,
  readDistances,
} from './support/distances.ts'
import { openDistances, pairs } from './support/exact.ts'

const { values } = parseArgs({ options: { threads: { type: 'string' } } })
const first = [...pairs.keys()].slice(0, 8)
const places: readonly Place[] = guidances.flatMap(guidance => budgets.map(budget => ({ guidance, budget })))

const distances = readDistances()
const key = ({ solver, grid, guidance, budget, pair }: Omit<Distance, 'calls' | 'error'>) =>
  [solver, grid, guidance, budget, pair].join('|')
const done = new Set(distances.map(key))

const { recipe, distance, forget, dispose } = await openDistances(
  values.threads === undefined ? undefined : Number(values.threads),
)

/** The most steps within a budget of calls. */
function stepsFor(
  solver: Solver,
  schedule: Schedule,
  budget: number,
): { readonly steps: number; readonly calls: number } | undefined {
  for (let steps = budget; steps >= 1; steps--) {
    try {
      const plan = solver.plan(schedule.levels(steps, recipe.process), recipe.process)
      const calls = plan.steps.reduce((sum, step) => sum + step.evaluations.length, 0)
      if (calls <= budget) return { steps, calls }
    } catch {
      // Levels that coincide after rounding: this schedule has no such number of steps.
      return undefined
    }
  }
  return undefined
}

async function measure({ contender, grid }: Combination, { guidance, budget }: Place, pair: number): Promise<void> {
  const place = { solver: contender.name, grid: grid.name, guidance, budget, pair }
  if (done.has(key(place))) return
  const run = stepsFor(contender.solver, grid.schedule, budget)
  if (run === undefined) return
  const { solver } = contender
  const error = await distance({ solver, schedule: grid.schedule, steps: run.steps, guidance }, pair)
  const line: Distance = { ...place, calls: run.calls, error }
  distances.push(line)
  done.add(key(place))
  appendFileSync(file, `${JSON.stringify(line)}\n`)
}

async function measureAll(
  stage: string,
  pairs: readonly number[],
  wanted: readonly { readonly combination: Combination; readonly places: readonly Place[] }[],
): Promise<void> {
  for (const pair of pairs) {
    console.error(`${stage}, pair ${pair}`)
    for (const { combination, places } of wanted) for (const place of places) await measure(combination, place, pair)
    forget()
  }
}

const tunedWith = new Set(readTuned().map(({ solver }) => solver))
const [centre, ...others] = grids as [(typeof grids)[number], ...(typeof grids)[number][]]
const atCentre = contenders.map(contender => ({ contender, grid: centre }))
await measureAll(
  'every solver',
  first,
  atCentre.map(combination => ({ combination, places })),
)
// Half of the pairs choose, so that the other half can tell whether the choice was luck.
const half = first.slice(0, 4)
const spread = programs.flatMap(program => {
  const solvers = atCentre.filter(({ contender }) => contender.programs.includes(program))
  return nearestOverall(solvers, meansOf(distances, half), places, 2).flatMap(({ contender }) =>
    others.filter(grid => grid.programs.includes(program)).map(grid => ({ contender, grid })),
  )
})
// Timesteps that were searched for belong with the solver that they were searched with.
const searched = grids
  .filter(({ name }) => name.startsWith('tuned'))
  .flatMap(grid =>
    atCentre.filter(({ contender }) => tunedWith.has(contender.name)).map(({ contender }) => ({ contender, grid })),
  )
const distinct = [
  ...new Map(
    [...spread, ...searched].map(combination => [
      `${combination.contender.name}|${combination.grid.name}`,
      combination,
    ]),
  ).values(),
]
await measureAll(
  'every schedule',
  first,
  distinct.map(combination => ({ combination, places })),
)
const all = [...atCentre, ...distinct]
const mean = meansOf(distances, first)
const finalists = places.flatMap(place =>
  programs.flatMap(program => {
    const own = all.filter(combination => has(program, combination))
    return nearest(own, mean, place, 2).map(combination => ({ combination, places: [place] }))
  }),
)
await measureAll('finalists', [...pairs.keys()], finalists)
await dispose()
