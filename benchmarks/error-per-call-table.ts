/**
 * The tables and plots of `docs/error-per-call.md`, from the raw results of `bench:error`:
 * `npx -y pnpm@12 exec node --conditions=@fewstep/source benchmarks/error-per-call-table.ts`.
 */
import { writeFileSync } from 'node:fs'
import { chart } from '../packages/cli/src/chart.ts'
import { ratioOf } from './support/bootstrap.ts'
import { contenders, grids, type Program } from './support/contenders.ts'
import {
  budgets,
  type Combination,
  chosenAt,
  guidances,
  has,
  meansOf,
  nearest,
  nearestOverall,
  type Place,
  programs,
  readDistances,
} from './support/distances.ts'
import { reportingPairs } from './support/exact.ts'
import { machine, writeSection } from './support/results.ts'

const distances = readDistances()
const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, i) => from + i)
// Timesteps were searched for on the first 8 pairs, which would flatter them in the choice.
const [chooses, reports] = [meansOf(distances, range(8, 16)), meansOf(distances, range(16, 32))]
const all: readonly Combination[] = contenders.flatMap(contender => grids.map(grid => ({ contender, grid })))
const page = 'error-per-call.md'
const digits = (value: number): string => value.toPrecision(3)
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const titled = (...cells: readonly string[]): readonly string[] => [row(cells), row(cells.map(() => '---'))]

type Winner = { readonly combination: Combination; readonly error: number }

/** A program's nearest combination on the pairs that choose, and its distance on those that report. */
function winner(program: Program, place: Place): Winner {
  const [combination] = nearest(
    all.filter(combination => has(program, combination)),
    chooses,
    place,
    1,
  )
  const error = combination === undefined ? undefined : reports(combination, place)
  if (error === undefined) throw new Error(`no results of ${program} yet: run bench:error to its end`)
  return { combination: combination!, error }
}

const lines: string[] = []
let never = 0
let ahead = 0
for (const guidance of guidances) {
  const winners = budgets.map(budget => programs.map(program => winner(program, { guidance, budget })))
  const rows = winners.map(([ours, ...theirs], i) => {
    const ratio = Math.min(...theirs.map(({ error }) => error)) / ours!.error
    if (ratio >= 1) never += 1
    if (ratio >= 1 / 0.9) ahead += 1
    const cells = [ours!, ...theirs].map(
      ({ combination, error }) => `${digits(error)} (${combination.contender.name}; ${combination.grid.name})`,
    )
    return row([String(budgets[i]), ...cells, `${ratio.toFixed(2)}x`])
  })
  const name = `error-per-call-guidance-${guidance}.svg`
  const drawn = programs.map((program, k) => ({
    name: program,
    points: winners.map((found, i) => [budgets[i]!, found[k]!.error] as const),
  }))
  writeFileSync(
    new URL(`../docs/pictures/${name}`, import.meta.url),
    chart(`Distance to the exact solution at guidance ${guidance}`, drawn, {
      x: 'model evaluations',
      y: 'distance of latents',
    }),
  )
  lines.push(`At guidance ${guidance}:`, '', ...titled('evaluations', ...programs, 'nearer'), ...rows, '')
  lines.push(`![distance by evaluations](pictures/${name})`, '')
}
const places = guidances.length * budgets.length
lines.unshift(
  `Of ${places} places, fewstep's best is at least as near as the others' best at ${never}, and at least 10 % nearer at ${ahead}.`,
  machine().text.replace(/ \(load \d+\)/, ''),
  '',
)
await writeSection('winners', lines.join('\n').trimEnd(), page)

/** fewstep's choice against the nearest of the others', on the reporting prompts that are measured so far. */
const chosen = chosenAt(distances)
const onOwnPrompts = guidances.flatMap(guidance => [
  `At guidance ${guidance}:`,
  '',
  ...titled('evaluations', 'fewstep', 'nearest of the others', 'nearer', '95 % interval', 'pairs won'),
  ...budgets.map(budget => {
    const { ours, theirs } = chosen({ guidance, budget })
    const nameOf = ({ contender, grid }: Combination): string => `${contender.name}; ${grid.name}`
    const errorOf = ({ contender, grid }: Combination, pair: number): number | undefined =>
      distances.find(
        each =>
          each.solver === contender.name &&
          each.grid === grid.name &&
          each.guidance === guidance &&
          each.budget === budget &&
          each.pair === pair,
      )?.error
    const rivals = reportingPairs.flatMap(pair => {
      const [ourError, theirError] = [errorOf(ours.combination, pair), errorOf(theirs.combination, pair)]
      return ourError === undefined || theirError === undefined ? [] : [{ ours: ourError, theirs: theirError }]
    })
    const names = [String(budget), nameOf(ours.combination), nameOf(theirs.combination)]
    if (names[1] === names[2]) return row([...names, 'the same', '', ''])
    if (rivals.length === 0) return row([...names, 'not measured', '', ''])
    const { ratio, low, high, won, count } = ratioOf(rivals)
    return row([...names, `${ratio.toFixed(2)}x`, `${low.toFixed(2)} to ${high.toFixed(2)}`, `${won} of ${count}`])
  }),
  '',
])
await writeSection('own prompts', onOwnPrompts.join('\n').trimEnd(), page)

const centre = meansOf(distances, range(0, 8))
/** A combination's means by number of evaluations; empty where it has no run of that many. */
const meansRow = (name: string, combination: Combination, guidance: number): string =>
  row([
    name,
    ...budgets.map(budget => {
      const mean = centre(combination, { guidance, budget })
      return mean === undefined ? '' : digits(mean)
    }),
  ])
const everySolver = guidances.flatMap(guidance => [
  `At guidance ${guidance}:`,
  '',
  ...titled('solver', ...budgets.map(String)),
  ...contenders.map(contender => meansRow(contender.name, { contender, grid: grids[0]! }, guidance)),
  '',
])
await writeSection('solvers', everySolver.join('\n').trimEnd(), page)

/** The schedules under one solver: the one that is nearest at the centre among those that ran on all of them. */
const everySchedule = guidances.flatMap(guidance => {
  const places = budgets.map(budget => ({ guidance, budget }))
  const complete = contenders.filter(contender =>
    grids.every(grid => places.some(place => centre({ contender, grid }, place) !== undefined)),
  )
  const [first] = nearestOverall(
    complete.map(contender => ({ contender, grid: grids[0]! })),
    centre,
    places,
    1,
  )
  if (first === undefined) return []
  const { contender } = first
  return [
    `${contender.name} at guidance ${guidance}:`,
    '',
    ...titled('schedule', ...budgets.map(String)),
    ...grids.map(grid => meansRow(grid.name, { contender, grid }, guidance)),
    '',
  ]
})
await writeSection('schedules', everySchedule.join('\n').trimEnd(), page)
