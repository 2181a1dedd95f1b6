import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { version } from 'node:process'

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The machine and the date; `load` is the load average of the last 15 minutes, this process included. */
export function machine() {
  const cores = cpus()
  const cpu = cores[0]?.model.trim() ?? 'unknown'
  const date = new Date().toISOString().slice(0, 10)
  const load = Math.round(loadavg()[2]!)
  const text = `${cpu}, ${cores.length} cores (load ${load}), Node ${version}, ${date}`
  return { cpu, cores: cores.length, load, node: version, date, text }
}

export type Machine = ReturnType<typeof machine>

/** `benchmarks/results/NAME.json` */
export async function writeResults(name: string, results: object): Promise<void> {
  const folder = new URL('../results/', import.meta.url)
  await mkdir(folder, { recursive: true })
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(results, undefined, 1)}\n`)
}

/** Replaces what stands between `<!-- NAME -->` and `<!-- end -->` in a page of `docs/`. */
export async function writeSection(name: string, text: string, page = 'benchmarks.md'): Promise<void> {
  const file = new URL(`../../docs/${page}`, import.meta.url)
  const old = await readFile(file, 'utf8')
  const section = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- end -->)`)
  if (!section.test(old)) throw new Error(`docs/${page} has no section <!-- ${name} --> … <!-- end -->`)
  await writeFile(
    file,
    old.replace(section, (_, start, end) => `${start}${text}\n${end}`),
  )
}
