/**
 * The solvers and schedules alone, around plain onnxruntime-node: no runtime, pipeline or denoiser of fewstep. The loop
 * is in this file, and the arithmetic is plain loops over numbers, so that it can go into any stack.
 *
 *     npx -y pnpm@12 exec node --conditions=@fewstep/source examples/onnxruntime.ts
 */
import { fileURLToPath } from 'node:url'
import { model } from '@fewstep/model-emoji'
import { karras, scaledLinear } from '@fewstep/schedules'
import { type Slot, unipc } from '@fewstep/solvers'
import { torchGenerator } from '@fewstep/tensor'
import { InferenceSession, Tensor } from 'onnxruntime-node'

const unet = await InferenceSession.create(fileURLToPath(new URL('unet/model.onnx', model)))
const process = scaledLinear()
const plan = unipc({ order: 3 }).plan(karras({ rounding: 'snap' }).levels(8, process), process)

/** The noise that the U-Net predicts, without a prompt: the embedding of a prompt would go where the zeros are. */
async function predict(x: Float32Array, timestep: number): Promise<Float32Array> {
  const { out_sample: noise } = await unet.run({
    sample: new Tensor('float32', x, [1, 4, 16, 16]),
    timestep: new Tensor('int64', BigInt64Array.of(BigInt(Math.round(timestep))), []),
    encoder_hidden_states: new Tensor('float32', new Float32Array(32 * 192), [1, 32, 192]),
  })
  return noise!.data as Float32Array
}

function sum(terms: readonly (readonly [weight: number, tensor: Float32Array])[]): Float32Array {
  return Float32Array.from(terms[0]![1], (_, i) => terms.reduce((total, [weight, x]) => total + weight * x[i]!, 0))
}

let x: Float32Array = torchGenerator(7).normal(4 * 16 * 16)
const data: Float32Array[] = []
for (const { evaluations, output } of plan.steps) {
  const state = x
  const tensor = (slot: Slot): Float32Array =>
    slot.kind === 'state' ? state : data[(slot as { index: number }).index]!
  const combined = (combination: typeof output) => sum(combination.map(({ slot, weight }) => [weight, tensor(slot)]))
  for (const { level, input } of evaluations) {
    const at = combined(input)
    const noise = await predict(at, level.timestep ?? process.timestep(level))
    data.push(
      sum([
        [1 / level.alpha, at],
        [-level.sigma / level.alpha, noise],
      ]),
    )
  }
  x = combined(output)
}
const deviation = Math.sqrt(x.reduce((total, value) => total + value * value, 0) / x.length)
console.log(`${data.length} model evaluations; the latents' root mean square is ${deviation.toFixed(3)}`)
