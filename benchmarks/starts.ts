/**
 * The effect of a start that keeps the order of a multistep method, at few evaluations:
 * `npx -y pnpm@12 exec node --conditions=@fewstep/source benchmarks/starts.ts [--processes 2]`,
 * with `--report` a table of the pairs that are done. The measure is that of
 * `bench:error`, on prompts that were not used for any tuning or choice. It resumes where it was stopped. The raw results are in
 * `benchmarks/results/starts.jsonl`; the table goes to `docs/orders.md`.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { model } from '@fewstep/model-emoji'
import { parseNumber } from '../packages/cli/src/parse.ts'
import { ratioOf } from './support/bootstrap.ts'
import { starts } from './support/contenders.ts'
import { type Distance, guidances } from './support/distances.ts'
import { reportingPairs } from './support/exact.ts'
import { fingerprint } from './support/fingerprint.ts'
import { measurers } from './support/measurers.ts'
import { writeSection } from './support/results.ts'

const { values } = parseArgs({
  options: { processes: { type: 'string', default: '2' }, report: { type: 'boolean', default: false } },
})
const grid = 'AYS SD 1.5, snap'
const budgets = [5, 10, 30]
const file = new URL('results/starts.jsonl', import.meta.url)
const print = await fingerprint(fileURLToPath(model))
const [head, ...lines] = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
const sameModel = head !== undefined && JSON.parse(head).model === print
if (!sameModel) writeFileSync(file, `${JSON.stringify({ model: print })}\n`)
const distances: Distance[] = sameModel ? lines.map(line => JSON.parse(line)) : []
const find = (solver: string, guidance: number, budget: number, pair: number): number | undefined =>
  distances.find(
    each => each.solver === solver && each.guidance === guidance && each.budget === budget && each.pair === pair,
  )?.error

// Begins with the last pair: `bench:error` begins with the first, and both share exact solutions.
const waiting = values.report ? [] : [...reportingPairs].reverse()
const processes = parseNumber('processes', values.processes, { whole: true, minimum: 1 })
const pool = values.report ? [] : measurers(processes)
await Promise.all(
  pool.map(async measure => {
    for (let pair = waiting.shift(); pair !== undefined; pair = waiting.shift()) {
      console.error(`pair ${pair}`)
      for (const { name: solver } of starts)
        for (const guidance of guidances)
          for (const budget of budgets) {
            if (find(solver, guidance, budget, pair) !== undefined) continue
            const found = await measure({ solver, grid, guidance, budget, pair })
            if (found === undefined) throw new Error(`${grid} has no ${budget} steps for ${solver}`)
            distances.push(found)
            appendFileSync(file, `${JSON.stringify(found)}\n`)
          }
    }
    measure.end()
  }),
)

/** The pairs that are done: all of them, unless `--report` asks for a table of what there is. */
const done = reportingPairs.filter(pair =>
  starts.every(({ name }) =>
    guidances.every(guidance => budgets.every(budget => find(name, guidance, budget, pair) !== undefined)),
  ),
)
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const names = [...new Set(starts.map(({ name }) => name.split(':')[0]!))]
const text = guidances.flatMap(guidance => [
  `At guidance ${guidance}:`,
  '',
  row(['solver', ...budgets.map(budget => `${budget} evaluations`)]),
  row(['---', ...budgets.map(() => '---')]),
  ...names.map(name =>
    row([
      `\`${name}\``,
      ...budgets.map(budget => {
        const errors = done.map(pair => ({
          ours: find(`${name}:start=full`, guidance, budget, pair)!,
          theirs: find(`${name}:start=lower`, guidance, budget, pair)!,
        }))
        const { ratio, low, high, won, count } = ratioOf(errors)
        return `${ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}), ${won} of ${count}`
      }),
    ]),
  ),
  '',
])
await writeSection('starts', text.join('\n').trimEnd(), 'orders.md')
