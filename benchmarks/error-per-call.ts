/**
 * How far images of the embedded model are from the exact solution of their ODE, for a number of model evaluations:
 * `npx -y pnpm@12 bench:error [--processes 2] [--stages 1]`. It resumes where it was stopped, and starts again for another model. Raw
 * results are in `benchmarks/results/error-per-call.jsonl`, and `benchmarks/error-per-call-table.ts` makes tables and plots
 * from them.
 *
 * The distance is the root-mean-square difference of latents to UniPC-3 with 250 evaluations on whole timesteps, from the
 * same noise, both ending without noise. In four stages, each for both guidances and all numbers of evaluations:
 * 1. every solver on one schedule, the centre, on 8 pairs of prompt and seed;
 * 2. each program's solvers that were nearest there, on every other schedule that the program has, on the same pairs;
 * 3. for each number of evaluations, each program's two nearest combinations on all 32 pairs of those prompts;
 * 4. fewstep's choice and the nearest of the others' choices on 16 pairs with separate prompts.
 * The choice is made on pairs 8 to 15, since timesteps were searched for on the first 8. Its figures are those of stage 4, whose
 * prompts no other stage uses. The timesteps are searched for after the first stage: `benchmarks/tune-timesteps.ts`.
 */
import { appendFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { model } from '@fewstep/model-emoji'
import { parseNumber } from '../packages/cli/src/parse.ts'
import { contenders, grids, readTuned } from './support/contenders.ts'
import {
  budgets,
  type Combination,
  chosenAt,
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
import { choosingPairs, reportingPairs } from './support/exact.ts'
import { fingerprint } from './support/fingerprint.ts'
import { measurers } from './support/measurers.ts'

const { values } = parseArgs({
  options: { processes: { type: 'string', default: '2' }, stages: { type: 'string', default: '4' } },
})
const stages = parseNumber('stages', values.stages, { whole: true, minimum: 1, maximum: 4 })
const first = choosingPairs.slice(0, 8)
const places: readonly Place[] = guidances.flatMap(guidance => budgets.map(budget => ({ guidance, budget })))

const print = await fingerprint(fileURLToPath(model))
if (stages > 1 && readTuned().some(tuned => tuned.model !== print))
  throw new Error(
    'timesteps were tuned for other weights: run with --stages 1, then benchmarks/tune-timesteps.ts, then this again',
  )
const distances = readDistances(print)
const key = ({ solver, grid, guidance, budget, pair }: Omit<Distance, 'calls' | 'error'>) =>
  [solver, grid, guidance, budget, pair].join('|')
const done = new Set(distances.map(key))
const pool = measurers(parseNumber('processes', values.processes, { whole: true, minimum: 1 }))

/** Each process takes one pair at a time, so that it computes the exact solutions once. */
async function measureAll(
  stage: string,
  pairs: readonly number[],
  runs: readonly { readonly combination: Combination; readonly places: readonly Place[] }[],
): Promise<void> {
  const waiting = [...pairs]
  await Promise.all(
    pool.map(async measure => {
      for (let pair = waiting.shift(); pair !== undefined; pair = waiting.shift()) {
        console.error(`${stage}, pair ${pair}`)
        for (const { combination, places } of runs)
          for (const place of places) {
            const run = { solver: combination.contender.name, grid: combination.grid.name, ...place, pair }
            if (done.has(key(run))) continue
            const found = await measure(run)
            if (found === undefined) continue
            distances.push(found)
            done.add(key(found))
            appendFileSync(file, `${JSON.stringify(found)}\n`)
          }
      }
    }),
  )
}

/** Ends the processes, and this one. */
function stop(): never {
  for (const { end } of pool) end()
  process.exit()
}

const tunedWith = new Set(readTuned().map(({ solver }) => solver))
const [centre, ...others] = grids as [(typeof grids)[number], ...(typeof grids)[number][]]
const atCentre = contenders.map(contender => ({ contender, grid: centre }))
await measureAll(
  'every solver',
  first,
  atCentre.map(combination => ({ combination, places })),
)
if (stages < 2) stop()
// Half of the pairs choose, so that the other half can tell whether the choice was luck.
const half = first.slice(0, 4)
const spread = programs.flatMap(program => {
  const solvers = atCentre.filter(({ contender }) => contender.programs.includes(program))
  return nearestOverall(solvers, meansOf(distances, half), places, 2).flatMap(({ contender }) =>
    others.filter(grid => grid.programs.includes(program)).map(grid => ({ contender, grid })),
  )
})
// Tuned timesteps go with the solver that they were tuned with.
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
if (stages < 3) stop()
const all = [...atCentre, ...distinct]
const mean = meansOf(distances, first)
const finalists = places.flatMap(place =>
  programs.flatMap(program => {
    const ofProgram = all.filter(combination => has(program, combination))
    return nearest(ofProgram, mean, place, 2).map(combination => ({ combination, places: [place] }))
  }),
)
await measureAll('finalists', choosingPairs, finalists)
if (stages < 4) stop()
const chosen = chosenAt(distances)
await measureAll(
  'separate prompts',
  reportingPairs,
  places.flatMap(place => {
    const { ours, theirs } = chosen(place)
    return [ours, theirs].map(({ combination }) => ({ combination, places: [place] }))
  }),
)
stop()
