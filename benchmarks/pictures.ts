/**
 * Seconds for a whole image of the embedded model (25 steps, guidance 7.5), side by side, in alternation:
 * `npx -y pnpm@12 bench:pictures --rounds 9 --python PYTHON --torch FOLDER`.
 *
 * FOLDER has the same weights as diffusers saves them; without it torch is left out, and without PYTHON all of Python. Raw
 * results go to `benchmarks/results/pictures.json`, the table to `docs/benchmarks.md`.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { model } from '@fewstep/model-emoji'
import { textToImage } from '@fewstep/pipelines'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { outsideTheNetwork } from './support/outside.ts'
import { startPython } from './support/python.ts'
import { machine, median, writeResults, writeSection } from './support/results.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, python: { type: 'string' }, torch: { type: 'string' } },
})
const main = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))
const script = fileURLToPath(new URL('./pictures.py', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'fewstep-benchmark-'))
const request = { steps: 25, guidance: 7.5, seed: 7 } as const
const prompt = 'a red apple'

const runtime = nodeRuntime()
const pipe = await textToImage(directory(model), { runtime })
const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}
const command = ['--conditions=@fewstep/source', main, 'generate', prompt, '--seed', '7', '--out', 'apple.png']
const contenders: Record<string, () => Promise<number>> = {
  'fewstep, in a running process': () => seconds(() => pipe.generate(prompt, request)),
  'fewstep, from start to file': () => seconds(() => promisify(execFile)(execPath, command, { cwd: folder })),
}
const pythons: { stop(): void }[] = []
const { python, torch } = values
if (python !== undefined) {
  const onnx = await startPython(python, [script, 'onnxruntime', fileURLToPath(model)])
  pythons.push(onnx)
  contenders['ONNX Runtime in Python, scheduler of diffusers'] = async () => (await onnx.ask())[0]!
  if (torch !== undefined) {
    const diffusers = await startPython(python, [script, 'torch', torch])
    pythons.push(diffusers)
    contenders['diffusers on torch'] = async () => (await diffusers.ask())[0]!
  }
}

const names = Object.keys(contenders)
const runs: Record<string, number[]> = Object.fromEntries(names.map(name => [name, []]))
// The first round warms up. Each round begins with another one, so that none always follows the same one.
for (let round = 0; round <= Number(values.rounds); round++) {
  for (let i = 0; i < names.length; i++) {
    const name = names[(i + round) % names.length]!
    const took = await contenders[name]!()
    if (round > 0) runs[name]!.push(took)
  }
}
for (const { stop } of pythons) stop()
const outside = await outsideTheNetwork(runtime, request, prompt)
await runtime.dispose()
await rm(folder, { recursive: true, force: true })

const [ours] = names
const rows = names.map(name => {
  const ratios = runs[name]!.map((took, round) => took / runs[ours!]![round]!)
  return { name, median: median(runs[name]!), fastest: Math.min(...runs[name]!), ratio: median(ratios) }
})
const measured = { machine: machine(), request: { ...request, prompt }, runs, rows, outside }
await writeResults('pictures', measured)
const table = [
  '| | median | fastest | over ours in a running process |',
  '|---|---|---|---|',
  ...rows.map(
    row => `| ${row.name} | ${row.median.toFixed(2)} s | ${row.fastest.toFixed(2)} s | ${row.ratio.toFixed(2)} |`,
  ),
]
const parts = outside.parts.map(({ name, milliseconds }) => `${name} ${milliseconds.toFixed(1)} ms`).join(', ')
const text = `A 64×64 image of the embedded model, 25 steps (26 model evaluations, batch 2) at guidance 7.5, from the prompt to
8-bit pixels; ${values.rounds} rounds in alternation after one to warm up, the ratios round by round. ${measured.machine.text}.

${table.join('\n')}

Outside the model's graphs: ${(outside.share * 100).toFixed(1)} % of an image's time (${parts}). The calling
thread uses ${outside.processor.toFixed(1)} ms of processor time for an image.`
await writeSection('images', text)
console.log(text)
