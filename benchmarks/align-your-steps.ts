/**
 * Align Your Steps on the embedded model: moves the levels of ten steps, starting from Karras's, then of 20 and 40 steps, and
 * prints them after each sweep. The first stage ends after ten sweeps.
 *
 *     npx -y pnpm@12 exec node --conditions=@fewstep/source benchmarks/align-your-steps.ts state.json [sweeps] [guidance] [examples]
 *
 * The script writes the state file after each sweep and reads it at the start, so it resumes where it stopped. The data are
 * the model's own images of a few prompts at 25 steps, since its training set is not shipped.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { model } from '@fewstep/model-emoji'
import { clipTokenizer, textToImage } from '@fewstep/pipelines'
import type { Value } from '@fewstep/runtime'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { denoiser, type Network } from '@fewstep/sampler'
import { fromDiffusersConfig } from '@fewstep/sampler/diffusers'
import { karras } from '@fewstep/schedules'
import { torchGenerator } from '@fewstep/tensor'
import { denoiserGap, klub, startingSigmas, type TuneState, tuneSteps } from '@fewstep/tune'

const [file = 'align-your-steps.json', sweeps = '1', guidance = '1', examples = '4'] = argv.slice(2)
const prompts = ['a red apple', 'a smiling cat', 'a blue car', 'a green tree']
const folder = directory(model)
const runtime = nodeRuntime()
const { ops } = runtime
const pipe = await textToImage(folder, { runtime })
const { process, prediction } = fromDiffusersConfig(pipe.schedulerConfig)
const count = Math.ceil(Number(examples) / prompts.length)
const images = await pipe.generate(prompts, { guidance: 7.5, count, latents: true })

const [text, unet] = await Promise.all([
  runtime.open(await folder.model('text_encoder/model.onnx')),
  runtime.open(await folder.model('unet/model.onnx')),
])
const tokenizer = await clipTokenizer(folder)
const encode = async (prompt: string): Promise<Value> => {
  const { ids } = tokenizer.encode(prompt)
  const { name, type } = text.inputs[0]!
  const data = type === 'int64' ? BigInt64Array.from(ids, BigInt) : Int32Array.from(ids)
  return (await text.run({ [name]: { type, shape: [1, ids.length], data } }))[text.outputs[0]!.name]!
}
const timestepPort = unet.inputs.find(({ name }) => name === 'timestep')!
const network: Network<Value, Value> = ({ x, timestep, conditions }) =>
  Promise.all(
    conditions.map(async condition => {
      const shape = timestepPort.shape.length === 0 ? [] : [1]
      const time: Value =
        timestepPort.type === 'int64'
          ? { type: 'int64', shape, data: BigInt64Array.of(BigInt(Math.round(timestep))) }
          : { type: 'float32', shape, data: Float32Array.of(timestep) }
      const outputs = await unet.run({ sample: x, timestep: time, encoder_hidden_states: condition })
      return outputs[unet.outputs[0]!.name]!
    }),
  )

const unconditional = await encode('')
const conditions = new Map<string, Value>()
for (const prompt of prompts) conditions.set(prompt, await encode(prompt))
const drawn = images.slice(0, Number(examples)).map(({ latents: kept, prompt }, i) => {
  const latents = kept!
  const random = torchGenerator(1000 + i)
  const like = (): Value => ({ ...latents, data: random.normal(latents.data.length) })
  return {
    data: latents,
    noise: like(),
    further: like(),
    denoise: denoiser(network, {
      process,
      prediction,
      condition: conditions.get(prompt)!,
      guidance: { scale: Number(guidance), unconditional },
      ops,
    }),
  }
})
const gap = denoiserGap({
  process,
  ops,
  example: number => drawn[number]!,
  // With the example's prompt: the number of an evaluation is that of its example.
  denoise: (x, level, call) => drawn[call.evaluation]!.denoise(x, level, call),
  squaredDistance: async (a, b) => {
    const [{ data: ours }, { data: theirs }] = await Promise.all([ops.read(a), ops.read(b)])
    let sum = 0
    for (let i = 0; i < ours.length; i++) sum += (Number(ours[i]) - Number(theirs[i])) ** 2
    return sum
  },
})

const start = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as TuneState)
  : startingSigmas(karras(), 10, process)
const options = { gap, examples: drawn.length }
const show = async (sigmas: readonly number[]): Promise<string> =>
  `bound ${(await klub(sigmas, options)).toFixed(2)}; ${sigmas.map(sigma => sigma.toFixed(3)).join(' ')}`
console.log(`start: ${await show('sigmas' in start ? start.sigmas : start)}`)
let left = Number(sweeps)
for await (const state of tuneSteps(start, { ...options, stop: ({ sweep }) => sweep >= 10 })) {
  writeFileSync(file, JSON.stringify(state))
  console.log(`stage ${state.stage}, sweep ${state.sweep}: ${await show(state.sigmas)}`)
  left -= 1
  if (left === 0) break
}
await Promise.all([text.dispose(), unet.dispose(), pipe.dispose()])
await runtime.dispose()
