/**
 * Time and memory of cutting a U-Net of Stable Diffusion 1.5's size, whose weights lie in an external file:
 * `node --conditions=@fewstep/source benchmarks/rewrite-large.ts FOLDER/model.onnx`. `reference/large_unet.py FOLDER` makes
 * the file; its 3.4 GB of weights are named in it and never read.
 */
import { readFileSync } from 'node:fs'
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

const path = process.argv[2]
if (path === undefined) throw new Error('expected the path of an exported U-Net')

const begin = performance.now()
const unet = readModel(new Uint8Array(readFileSync(path)))
const passed = (name: string, since: number) => {
  const seconds = ((performance.now() - since) / 1000).toFixed(2)
  console.log(
    `${name.padEnd(24)} ${seconds} s, at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MB resident`,
  )
}
passed('read', begin)

const rewrites: readonly (readonly [string, (model: ModelProto) => readonly ModelProto[]])[] = [
  ['DeepCache, two graphs', model => Object.values(carryDeepFeatures(model)).filter(part => typeof part !== 'string')],
  ['T-GATE, one graph', model => [gateCrossAttention(model).model]],
  ['T-GATE, two graphs', model => [carryCrossAttention(model).full, carryCrossAttention(model).reuse]],
  ['FreeU', model => [freeU(model, { stage: 'channels' }).model]],
  ['folded constants', model => [foldConstants(model)]],
]
for (const [name, rewrite] of rewrites) {
  const start = performance.now()
  for (const model of rewrite(unet)) writeModel(model)
  passed(name, start)
}
const start = performance.now()
const { parameters, multiplyAdds } = inspect(unet, { sample: [1, 4, 64, 64], encoder_hidden_states: [1, 77, 768] })
passed('inspect', start)
console.log(
  `${(parameters / 1e6).toFixed(1)} M parameters, ${(multiplyAdds / 1e12).toFixed(4)} T multiply-adds a sample at 64×64`,
)
for (const branch of [0, 1, 2]) {
  const shallow = inspect(carryDeepFeatures(unet, { branch }).shallow, {
    sample: [1, 4, 64, 64],
    encoder_hidden_states: [1, 77, 768],
  })
  const share = (field: 'parameters' | 'multiplyAdds', whole: number) =>
    `${((100 * shallow[field]) / whole).toFixed(2)} %`
  console.log(
    `branch ${branch}: ${share('parameters', parameters)} of the parameters, ${share('multiplyAdds', multiplyAdds)} of the multiply-adds`,
  )
}
