/**
 * Microseconds for one solver step on 4×64×64 latents, with the conversion of the model's prediction but without the
 * model: `npx -y pnpm@12 bench`.
 */
import { cpus } from 'node:os'
import { denoiser, sample } from '@fewstep/sampler'
import { fromDiffusersConfig } from '@fewstep/sampler/diffusers'
import { ddim, deis, dpmpp2m, dpmpp3m, euler, eulerAncestral, heun, pndm, unipc } from '@fewstep/solvers'
import { float32Ops, torchGenerator } from '@fewstep/tensor'

const { process, schedule } = fromDiffusersConfig({ _class_name: 'DDIMScheduler', beta_schedule: 'scaled_linear' })
const steps = 50
const levels = schedule.levels(steps, process)
const size = 4 * 64 * 64
const ops = float32Ops()
const random = torchGenerator(7)
const x = random.normal(size)
const noise = random.normal(size)
const denoise = denoiser<Float32Array, null>(() => [noise], {
  process,
  prediction: 'epsilon',
  condition: null,
  // The network's output is the same array every time, so only its consumers' memory is given back.
  ops: { ...ops, dispose: tensor => (tensor === noise ? undefined : ops.dispose(tensor)) },
})
console.log(`${cpus()[0]?.model}, Node ${globalThis.process.version}, ${new Date().toISOString().slice(0, 10)}`)
for (const solver of [euler(), ddim(), dpmpp2m(), pndm(), heun(), eulerAncestral(), dpmpp3m(), deis(), unipc()]) {
  const plan = solver.plan(levels, process)
  const times: number[] = []
  for (let round = 0; round < 40; round++) {
    const began = performance.now()
    ops.dispose(await sample({ plan, x, ops, denoise, noise: () => new Float32Array(noise) }))
    times.push(((performance.now() - began) * 1000) / steps)
  }
  // The first rounds compile.
  const sorted = times.slice(10).sort((a, b) => a - b)
  console.log(`${solver.name.padEnd(16)} ${sorted[Math.floor(sorted.length / 2)]!.toFixed(0)} µs a step`)
}
