import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Share } from './bootstrap.ts'
import type { RealScores } from './judge.ts'
import { type machine, writeResults, writeSection } from './results.ts'

/** The results of a model at some settings. */
export type Quality = {
  readonly model: { readonly name: string; readonly fingerprint: string }
  readonly settings: {
    readonly steps: number
    readonly guidance: number
    readonly solver: string
    readonly schedule: string
    readonly caches: readonly string[]
  }
  readonly fidelity?: Share & { readonly prompts: number; readonly seeds: number }
  readonly combinations?: Readonly<Record<'colour' | 'name' | 'both', Share>>
  readonly frechet?: { readonly pictures: number; readonly distance: number }
}

const file = new URL('../results/quality.json', import.meta.url)

/** Adds a row to `benchmarks/results/quality.json`, or its results to the row of the same model and settings. */
export async function writeQuality(row: Quality, real: RealScores, on: ReturnType<typeof machine>): Promise<void> {
  const before = existsSync(file)
    ? (JSON.parse(await readFile(file, 'utf8')) as { readonly rows: readonly Quality[] }).rows
    : []
  const rows = withRow(before, row)
  await writeResults('quality', { machine: on, rows })
  await writeSection('quality', qualityTable(rows, real, on.text))
}

export function withRow(rows: readonly Quality[], row: Quality): readonly Quality[] {
  const key = ({ model, settings }: Quality) => JSON.stringify([model, settings])
  const at = rows.findIndex(each => key(each) === key(row))
  return at === -1 ? [...rows, row] : rows.map((each, i) => (i === at ? { ...each, ...row } : each))
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const interval = ({ share, low, high }: Share): string =>
  `${percent(share)} (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`

/** The rows as a table, below the judge's results for real images. */
export function qualityTable(rows: readonly Quality[], real: RealScores, machine: string): string {
  const fidelity = ({ fidelity: found }: Quality): string =>
    found === undefined ? '' : `${interval(found)}${found.count === 512 ? '' : ` of ${found.count}`}`
  const distance = ({ frechet }: Quality): string =>
    frechet === undefined
      ? ''
      : `${frechet.distance.toFixed(3)}${frechet.pictures === 2048 ? '' : ` of ${frechet.pictures}`}`
  const lines = rows.map(row => {
    const { steps, guidance, solver, schedule, caches } = row.settings
    // Empty: the folder's default.
    const how = [`${steps} steps`, `guidance ${guidance}`, solver, schedule, ...caches].filter(part => part !== '')
    const { colour, name, both } = row.combinations ?? {}
    const shares = [colour, name, both].map(share => (share === undefined ? '' : percent(share.share)))
    return ['', row.model.name, how.join(', '), fidelity(row), distance(row), ...shares, ''].join(' | ').trim()
  })
  const { prompts, frechet, recoloured } = real
  const best = [
    '',
    'real images',
    '',
    percent(prompts.fiveBest),
    frechet.distance.toFixed(3),
    percent(recoloured.colour),
    '',
    '',
    '',
  ]
  return [
    '| model | settings | prompt fidelity | Fréchet distance | colour | name | both |',
    '|---|---|---|---|---|---|---|',
    best.join(' | ').trim(),
    ...lines,
    '',
    `${machine}.`,
  ].join('\n')
}
