/** The tables of `caches.ts`; started by itself, it makes them again from `benchmarks/results/caches.json`. */
import { readFile } from 'node:fs/promises'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { type Machine, median, writeSection } from './results.ts'

/** A cache at one guidance: seconds of images by round, and of the U-Net's runs in them; `theirs` with the original package. */
type Row = {
  readonly name: string
  readonly calls: number
  readonly share?: number | undefined
  readonly fidelity?: number | undefined
  readonly psnr?: number | undefined
  readonly ours: readonly number[]
  readonly alone: readonly number[]
  readonly theirs: readonly number[]
  readonly theirsAlone: readonly number[]
}

/** The first row is that without a cache. */
export type Measured = { readonly guidance: number; readonly rows: readonly Row[] }

export type CachesResults = {
  readonly machine: Machine
  readonly steps: number
  readonly prompts: number
  readonly judged: number
  readonly measured: readonly Measured[]
}

const columns = [
  'caches',
  'evaluations',
  'multiply-adds',
  'multiply-adds allow',
  'U-Net faster',
  'by the fastest',
  'image faster',
  'PSNR',
  'fidelity',
  'original package: U-Net',
  'by the fastest',
  'image',
]

export async function writeCachesTable({ machine, steps, prompts, judged, measured }: CachesResults): Promise<void> {
  const rounds = measured[0]!.rows[0]!.ours.length
  const text = `Whole images of the embedded model, ${steps} DDIM steps; ${rounds} rounds in alternation after one to warm up. "Faster" is the
ratio of the time without a cache to the time with it, the median over the rounds: for the U-Net alone, and for whole images. "By the
fastest" compares the fastest round of each, which says more where a machine has slow phases. "Multiply-adds allow" is the speed-up
if the U-Net's time were proportional to its multiply-adds. PSNR is the mean over ${prompts} prompts against the image without
caches${judged === 0 ? '' : `, fidelity the judge's over ${judged} prompts`}. ${machine.text}.

${measured.map(tableOf).join('\n\n')}`
  await writeSection('caches', text)
  console.log(text)
}

function tableOf({ guidance, rows }: Measured): string {
  const [none] = rows
  const cells = (row: Row): readonly string[] => [
    row.name,
    row.calls.toFixed(row.calls % 1 === 0 ? 0 : 1),
    row.share === undefined ? '' : `${(100 * row.share).toFixed(0)} %`,
    times(row.share && 1 / row.share),
    times(byRound(none!.alone, row.alone)),
    times(byFastest(none!.alone, row.alone)),
    times(byRound(none!.ours, row.ours)),
    row.psnr === undefined ? '' : row.psnr > 100 ? 'equal' : `${row.psnr.toFixed(1)} dB`,
    row.fidelity === undefined ? '' : `${(100 * row.fidelity).toFixed(1)} %`,
    times(byRound(none!.theirsAlone, row.theirsAlone)),
    times(byFastest(none!.theirsAlone, row.theirsAlone)),
    times(byRound(none!.theirs, row.theirs)),
  ]
  const lines = [columns, columns.map(() => '---'), ...rows.map(cells)]
  return [`At guidance ${guidance}:`, '', ...lines.map(line => `| ${line.join(' | ')} |`)].join('\n')
}

function times(ratio: number | undefined): string {
  return ratio === undefined ? '' : `${ratio.toFixed(2)}x`
}

function byRound(none: readonly number[], cached: readonly number[]): number | undefined {
  return cached.length === 0 ? undefined : median(cached.map((seconds, round) => none[round]! / seconds))
}

function byFastest(none: readonly number[], cached: readonly number[]): number | undefined {
  return cached.length === 0 ? undefined : Math.min(...none) / Math.min(...cached)
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const results = await readFile(new URL('../results/caches.json', import.meta.url), 'utf8')
  await writeCachesTable(JSON.parse(results) as CachesResults)
}
