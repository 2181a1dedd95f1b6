/**
 * `run` over tensors of your own: here small objects that count how many are alive. A tensor library needs one method, a
 * weighted sum; `dispose` is for libraries that manage their memory.
 *
 *     npx -y pnpm@12 exec node --conditions=@fewstep/source examples/own-tensors.ts
 */
import { alignYourSteps, type NoiseLevel, scaledLinear, sd15 } from '@fewstep/schedules'
import { corrected, dpmpp2m, run } from '@fewstep/solvers'

type Tensor = { readonly numbers: readonly number[] }

let alive = 0
const make = (numbers: readonly number[]): Tensor => {
  alive += 1
  return { numbers }
}
const ops = {
  combine: (terms: readonly (readonly [weight: number, tensor: Tensor])[]) =>
    make(
      terms[0]![1].numbers.map((_, i) => terms.reduce((sum, [weight, { numbers }]) => sum + weight * numbers[i]!, 0)),
    ),
  dispose: () => {
    alive -= 1
  },
}

// Two points as data: the exact denoiser says where each number most likely came from.
const points = [-1, 2]
const denoise = ({ numbers }: Tensor, { alpha, sigma }: NoiseLevel) => ({
  denoised: make(
    numbers.map(x => {
      const logs = points.map(point => -((x - alpha * point) ** 2) / (2 * sigma ** 2))
      const shares = logs.map(log => Math.exp(log - Math.max(...logs)))
      return points.reduce((sum, point, i) => sum + point * shares[i]!, 0) / shares.reduce((a, b) => a + b)
    }),
  ),
})

const process = scaledLinear()
const plan = corrected(dpmpp2m()).plan(alignYourSteps(sd15).levels(12, process), process)
for await (const { step, steps, x } of run(plan, { numbers: [1.3, -0.4, 0.2, -1.1] }, { ops, denoise })) {
  console.log(
    `${step + 1} of ${steps}: ${x.numbers.map(number => number.toFixed(3)).join(' ')} (${alive} tensors alive)`,
  )
}
