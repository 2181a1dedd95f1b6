/**
 * The order of convergence of every solver of the catalogue, of the method and of a run with default options:
 * `npx -y pnpm@12 bench:orders`, under a minute. It writes `benchmarks/results/orders.json` and the table of `docs/orders.md`;
 * `packages/solvers/test/measured-orders.test.ts` compares them with what is printed, and measures again with fewer steps.
 */
import { adaptiveCatalogue, solverCatalogue } from '@fewstep/solvers/catalogue'
import { type Measured, measuredAdaptive, measuredOrders } from '../packages/solvers/test/support/measured.ts'
import { writeResults, writeSection } from './support/results.ts'

const steps = 88
const rows: Measured[] = []
for (const row of solverCatalogue) rows.push(await measuredOrders(row, steps))
const adaptive = await Promise.all(
  adaptiveCatalogue.map(async row => ({ name: row.name, method: await measuredAdaptive(row) })),
)
await writeResults('orders', { steps, rows, adaptive })

const order = (slope: number | undefined): string => (slope === undefined ? '' : Math.max(0, slope).toFixed(2))
const cells = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`
const head = ['solver', 'order', 'measured', 'order by default', 'measured', 'with `start=full`', 'extra evaluations']
const lines = solverCatalogue.map((row, i) => {
  const { method, byDefault, fullStart, extraEvaluations } = rows[i]!
  return cells([
    `\`${row.name}\`${row.stochastic ? ' (weak)' : ''}`,
    String(row.order),
    order(method),
    String(row.defaultOrder ?? row.order),
    order(byDefault),
    order(fullStart),
    extraEvaluations === undefined ? '' : String(extraEvaluations),
  ])
})
const last = adaptive.map(({ name, method }, i) =>
  cells([`\`${name}\``, String(adaptiveCatalogue[i]!.order), order(method), '', '', '', '']),
)
await writeSection('orders', [cells(head), cells(head.map(() => '---')), ...lines, ...last].join('\n'), 'orders.md')
