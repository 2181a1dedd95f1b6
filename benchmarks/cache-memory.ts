/**
 * The memory that DeepCache and T-GATE add to a U-Net at run time:
 * `npx -y pnpm@12 exec node --conditions=@fewstep/source benchmarks/cache-memory.ts [FOLDER/model.onnx]`, on Linux. Without a file the embedded
 * U-Net is measured; `reference/large_unet.py FOLDER` makes one of Stable Diffusion 1.5's size.
 *
 * Weights lie in an external file, since memory that a model's bytes leave behind would count otherwise. Each kind runs in a separate
 * process, once at 16×16 latents, each graph with the outputs of the other. Then the script reads the resident memory of that process
 * and of the library's process, and subtracts what they had before they opened anything.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execPath, pid, stderr } from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { model as emoji } from '@fewstep/model-emoji'
import {
  carryDeepFeatures,
  externalFiles,
  gateCrossAttention,
  gateDeepFeatures,
  gatesOf,
  inspect,
  type ModelProto,
  readModel,
  splitFirstBlock,
  writeModel,
} from '@fewstep/onnx-graph'
import { probeModel, type Session, type Value } from '@fewstep/runtime'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { takeWeights } from '../test/support/external-weights.ts'
import { machine, median } from './support/results.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
const kinds: Readonly<Record<string, (unet: ModelProto) => readonly ModelProto[]>> = {
  plain: unet => [unet],
  'DeepCache, two graphs': unet => both(carryDeepFeatures(unet)),
  'DeepCache, two graphs, branch 2': unet => both(carryDeepFeatures(unet, { branch: 2 })),
  'DeepCache, one graph': unet => [gateDeepFeatures(unet).model],
  'first block': unet => {
    const { head, full, shallow } = splitFirstBlock(unet)
    return [head, full, shallow]
  },
  'T-GATE': unet => [gateCrossAttention(unet).model],
}
const [path = fileURLToPath(new URL('unet/model.onnx', emoji)), weightsFolder, ...files] = process.argv.slice(2)
if (weightsFolder !== undefined) console.log(JSON.stringify(await measured(weightsFolder, files)))
else {
  const temporary = await mkdtemp(join(tmpdir(), 'fewstep-memory-'))
  const unet = readModel(new Uint8Array(await readFile(path)))
  const weights = 4 * inspect(unet).parameters
  // Two equal runs differ by some megabytes, which matters for a small model only.
  const repeats = weights < 1e9 ? 3 : 1
  const folder = externalFiles(unet).length > 0 ? dirname(path) : temporary
  if (folder === temporary) await writeFile(join(folder, 'weights.bin'), takeWeights(unet, 'weights.bin'))
  const rows: { readonly kind: string; readonly resident: number; readonly mapped: number }[] = []
  for (const [kind, graphs] of Object.entries(kinds)) {
    const files: string[] = []
    for (const graph of graphs(unet)) {
      files.push(join(temporary, `${rows.length}-${files.length}.onnx`))
      await writeFile(files.at(-1)!, writeModel(graph))
    }
    const args = ['--conditions=@fewstep/source', fileURLToPath(import.meta.url), path, folder, ...files]
    const runs: { readonly resident: number; readonly mapped: number }[] = []
    for (let i = 0; i < repeats; i++) runs.push(JSON.parse((await promisify(execFile)(execPath, args)).stdout))
    stderr.write(`${kind}\n`)
    rows.push({ kind, resident: median(runs.map(run => run.resident)), mapped: median(runs.map(run => run.mapped)) })
  }
  await rm(temporary, { recursive: true })
  const base = rows[0]!
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
  console.log(
    [
      `${megabytes(weights)} of weights in float32, ${repeats === 1 ? 'one run' : `the medians of ${repeats}`}; ${machine().text}`,
      '',
      '| | resident | of that, mapped | over the plain graph, share of the weights |',
      '|---|---|---|---|',
      ...rows.map(row => {
        const more = (100 * (row.resident - base.resident)) / weights
        return `| ${row.kind} | ${megabytes(row.resident)} | ${megabytes(row.mapped)} | ${more.toFixed(1)} % |`
      }),
    ].join('\n'),
  )
}

/** The bytes of memory that graphs take together. */
async function measured(folder: string, files: readonly string[]) {
  const weights = directory(folder)
  const runtime = nodeRuntime()
  // Loads the library.
  await (await runtime.open(probeModel())).dispose()
  const read = await Promise.all(files.map(file => readFile(file)))
  const graphs = read.map(bytes => readModel(new Uint8Array(bytes)))
  const names = [...new Set(graphs.flatMap(externalFiles))]
  const external = new Map(await Promise.all(names.map(async name => [name, await weights.weights!(name)] as const)))
  collect()
  const before = await memory()
  const sessions: Session[] = []
  for (const bytes of read) sessions.push(await runtime.open({ bytes, external }))
  const given = new Map<string, Value>()
  for (const [i, session] of sessions.entries()) await run(session, graphs[i]!, given)
  given.clear()
  collect()
  const after = await memory()
  await runtime.dispose()
  return {
    resident: after.RssAnon + after.RssFile - before.RssAnon - before.RssFile,
    mapped: after.RssFile - before.RssFile,
  }
}

async function run(session: Session, graph: ModelProto, given: Map<string, Value>): Promise<void> {
  const gates = gatesOf(graph)
  const placeholders = new Map(
    gates.flatMap(({ caches }) => caches.map(each => [each.input, each.placeholder] as const)),
  )
  const feeds = session.inputs.map(({ name, type, shape }): [string, Value] => {
    const value = given.get(name)
    if (value !== undefined) return [name, value]
    const dims = shape.map((dim, axis) =>
      typeof dim === 'number' ? dim : (placeholders.get(name)?.[axis] ?? sizeOf(name, axis)),
    )
    const count = dims.reduce((a, b) => a * b, 1)
    if (type === 'bool') return [name, { type, shape: dims, data: new Uint8Array(count) }]
    if (type === 'int64') return [name, { type, shape: dims, data: new BigInt64Array(count).fill(500n) }]
    return [name, { type: 'float32', shape: dims, data: new Float32Array(count) }]
  })
  for (const [name, value] of Object.entries(await session.run(Object.fromEntries(feeds)))) given.set(name, value)
}

function sizeOf(name: string, axis: number): number {
  return name === 'sample' && axis > 1 ? 16 : name === 'encoder_hidden_states' && axis === 1 ? 77 : 1
}

/** Bytes of this process and of the library's, by kind, as the kernel counts them. */
async function memory(): Promise<Readonly<Record<'RssAnon' | 'RssFile', number>>> {
  const children = await readFile(`/proc/self/task/${pid}/children`, 'utf8')
  const pids = ['self', ...children.split(' ').filter(each => each !== '')]
  const statuses = await Promise.all(pids.map(each => readFile(`/proc/${each}/status`, 'utf8')))
  const of = (name: string): number =>
    statuses.reduce((sum, status) => sum + 1024 * Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)![1]), 0)
  return { RssAnon: of('RssAnon'), RssFile: of('RssFile') }
}

function both({ full, shallow }: ReturnType<typeof carryDeepFeatures>): readonly ModelProto[] {
  return [full, shallow]
}
