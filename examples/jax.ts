/**
 * `run` over the arrays of jax-js, whose operations consume their arguments: `ref` keeps one that is needed again. The
 * denoiser is the gradient of a density, which jax-js derives (Tweedie's formula: `D = (x + sigma²·∇ln p(x))/alpha`).
 *
 *     npx -y pnpm@12 exec node --conditions=@fewstep/source examples/jax.ts
 */

import { edm, karras, type NoiseLevel } from '@fewstep/schedules'
import { run, unipc } from '@fewstep/solvers'
import { grad, numpy as np, random } from '@jax-js/jax'

const ops = {
  combine: (terms: readonly (readonly [weight: number, array: np.Array])[]) =>
    terms.map(([weight, array]) => array.ref.mul(weight)).reduce((sum, term) => sum.add(term)),
  dispose: (array: np.Array) => array.dispose(),
}

// Data: −1 with probability 1/4, 2 with 3/4.
const points = [
  { at: -1, share: 0.25 },
  { at: 2, share: 0.75 },
]

function denoise(x: np.Array, { alpha, sigma }: NoiseLevel): { readonly denoised: np.Array } {
  const logDensity = (x: np.Array): np.Array => {
    const logs = points.map(({ at, share }) =>
      np
        .square(x.ref.sub(alpha * at))
        .mul(-1 / (2 * sigma ** 2))
        .add(Math.log(share)),
    )
    x.dispose()
    return logs.reduce((a, b) => np.logaddexp(a, b)).sum()
  }
  const slope = grad(logDensity)(x.ref)
  return { denoised: x.ref.add(slope.mul(sigma ** 2)).mul(1 / alpha) }
}

const levels = karras().levels(12, edm())
const count = 4000
const x = random.normal(random.key(7), [count]).mul(levels[0]!.sigma)
for await (const event of run(unipc({ order: 3 }).plan(levels), x, { ops, denoise })) {
  const numbers = Array.from(await event.x.ref.data(), Number)
  const near = points.map(({ at }) => numbers.filter(number => Math.abs(number - at) < 0.05).length / count)
  console.log(`${event.step + 1} of ${event.steps}: ${near.map(share => share.toFixed(3)).join(' and ')} at the points`)
}
x.dispose()
