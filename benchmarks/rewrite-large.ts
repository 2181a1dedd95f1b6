/**
 * Time and memory of cutting a U-Net of Stable Diffusion 1.5's size, whose weights lie in an external file:
 * `npx -y pnpm@12 exec node --conditions=@fewstep/source benchmarks/rewrite-large.ts FOLDER/model.onnx`. `reference/large_unet.py FOLDER` makes
 * the file; its 3.4 GB of weights are named in it and never read. Each rewrite runs in a separate process, which reads the file,
 * rewrites it, and writes the result; memory is its peak resident size.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  carryCrossAttention,
  carryDeepFeatures,
  foldConstants,
  freeU,
  gateCrossAttention,
  inspect,
  type ModelProto,
  readModel,
  writeModel,
} from '@fewstep/onnx-graph'

const [path, only] = process.argv.slice(2)
if (path === undefined) throw new Error('expected the path of an exported U-Net')

const rewrites: readonly (readonly [string, (model: ModelProto) => readonly ModelProto[]])[] = [
  ['DeepCache, two graphs', model => Object.values(carryDeepFeatures(model)).filter(part => typeof part !== 'string')],
  ['T-GATE, one graph', model => [gateCrossAttention(model).model]],
  [
    'T-GATE, two graphs',
    model => {
      const { full, reuse } = carryCrossAttention(model)
      return [full, reuse]
    },
  ],
  ['FreeU', model => [freeU(model, { stage: 'channels' }).model]],
  ['folded constants', model => [foldConstants(model)]],
]
const sizes = { sample: [1, 4, 64, 64], encoder_hidden_states: [1, 77, 768] }
const unet = () => readModel(new Uint8Array(readFileSync(path)))
if (only === undefined) {
  for (const [name] of [['read'], ...rewrites, ['inspect']] as const) {
    const args = ['--conditions=@fewstep/source', fileURLToPath(import.meta.url), path, name]
    console.log(execFileSync(process.execPath, args, { encoding: 'utf8' }).trimEnd())
  }
  shares()
} else {
  const begin = performance.now()
  const model = unet()
  if (only === 'inspect') inspect(model, sizes)
  for (const rewritten of rewrites.find(([name]) => name === only)?.[1](model) ?? []) writeModel(rewritten)
  const seconds = ((performance.now() - begin) / 1000).toFixed(2)
  const resident = Math.round(process.resourceUsage().maxRSS / 1024)
  console.log(`${only.padEnd(24)} ${seconds} s, at most ${resident} MB resident`)
}

/** The share of the shallow parts in parameters and multiply-adds. */
function shares(): void {
  const model = unet()
  const { parameters, multiplyAdds } = inspect(model, sizes)
  console.log(
    `${(parameters / 1e6).toFixed(1)} M parameters, ${(multiplyAdds / 1e12).toFixed(4)} T multiply-adds a sample at 64×64`,
  )
  for (const branch of [0, 1, 2]) {
    const shallow = inspect(carryDeepFeatures(model, { branch }).shallow, sizes)
    const share = (field: 'parameters' | 'multiplyAdds', whole: number) =>
      `${((100 * shallow[field]) / whole).toFixed(2)} %`
    console.log(
      `branch ${branch}: ${share('parameters', parameters)} of the parameters, ${share('multiplyAdds', multiplyAdds)} of the multiply-adds`,
    )
  }
}
