/**
 * The time that plans take, before the first model evaluation: 50 steps by every solver of the catalogue, and the levels of
 * 50 steps by every schedule, in milliseconds: `npx -y pnpm@12 bench:plans`. Writes `docs/benchmarks.md`.
 */
import { edm, karras, type NoiseLevel, type Process, scaledLinear } from '@fewstep/schedules'
import { readOptions, scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { solverCatalogue } from '@fewstep/solvers/catalogue'
import { machine, median, writeResults, writeSection } from './support/results.ts'

const steps = 50
const process = scaledLinear()
const levels = karras().levels(steps, process)
/** Rows that take longer with other options. */
const variants = {
  'deis-2': [{}, { variant: 't' }],
  'deis-3': [{}, { variant: 't' }],
  'deis-4': [{}, { variant: 't' }],
  unipc: [{ order: '5' }, { order: '9' }],
} as const satisfies Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>
const given = (levels: readonly NoiseLevel[], of: (level: NoiseLevel) => number) => ({
  list: levels.slice(0, -1).map(of).join('/'),
})
const lists: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'given-sigmas': given(levels, ({ alpha, sigma }) => sigma / alpha),
  'given-timesteps': given(levels, ({ timestep }) => timestep!),
}

type Cost = { readonly name: string; readonly first: number; readonly median: number }

/** Milliseconds of the first time, and of the median for a fifth of a second after that, once compiled. */
function cost(name: string, make: () => unknown): Cost {
  const timed = (): number => {
    const began = performance.now()
    make()
    return performance.now() - began
  }
  const first = timed()
  const times: number[] = []
  const end = performance.now() + 200
  while (performance.now() < end) times.push(timed())
  return { name, first, median: median(times.slice(Math.floor(times.length / 4))) }
}

const solvers = solverCatalogue.flatMap(row =>
  (Object.hasOwn(variants, row.name) ? variants[row.name as keyof typeof variants] : [{}]).map(options => {
    const said = Object.entries(options).map(([option, value]) => `${option}=${value}`)
    const solver = row.create(readOptions(row.options, options, row.name))
    return cost([row.name, ...said].join(':'), () => solver.plan(levels, process))
  }),
)
const schedules = scheduleCatalogue.map(row => {
  // Those tables reach beyond the process of Stable Diffusion.
  const reaching: Process = /^ays-(svd|deepfloyd)/.test(row.name) ? edm({ sigmaMax: 700 }) : process
  const schedule = row.create(readOptions(row.options, lists[row.name] ?? {}, row.name))
  return cost(row.name, () => schedule.levels(steps, reaching))
})

const on = machine()
await writeResults('plans', { machine: on, steps, solvers, schedules })
await writeSection('plans', section())

function section(): string {
  const slowest = (costs: readonly Cost[]): Cost => costs.reduce((a, b) => (b.median > a.median ? b : a))
  const under = solvers.filter(({ median }) => median < 1)
  return [
    `Milliseconds for ${steps} steps on Karras's levels, warm; the median over all solvers is`,
    `${digits(median(solvers.map(({ median }) => median)))}, ${under.length} of ${solvers.length} take less than 1, and the most, ${slowest(solvers).name}, ${digits(slowest(solvers).median)}.`,
    `The first plan of a process, before the engine has compiled the code, takes ${digits(median(solvers.map(({ first }) => first)))} in the median and ${digits(Math.max(...solvers.map(({ first }) => first)))} at most.`,
    `Levels of a schedule take ${digits(median(schedules.map(({ median }) => median)))} in the median, and ${digits(slowest(schedules).median)} with ${slowest(schedules).name}. ${on.text}.`,
    '',
    '| solver | ms | solver | ms | solver | ms |',
    '|---|---|---|---|---|---|',
    ...rowsOf(solvers),
  ].join('\n')
}

/** Three costs a row, in columns. */
function rowsOf(costs: readonly Cost[]): readonly string[] {
  const height = Math.ceil(costs.length / 3)
  const cell = (one: Cost | undefined): string => (one === undefined ? ' | ' : `${one.name} | ${digits(one.median)}`)
  return Array.from({ length: height }, (_, i) => {
    return `| ${[0, 1, 2].map(column => cell(costs[i + column * height])).join(' | ')} |`
  })
}

function digits(value: number): string {
  return value < 0.1 ? value.toFixed(3) : value < 1 ? value.toFixed(2) : value.toFixed(1)
}
