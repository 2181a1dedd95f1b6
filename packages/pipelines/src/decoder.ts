import type { HostValue, Value, ValueOps } from '@fewstep/runtime'
import type { Term } from '@fewstep/tensor'
import type { StableDiffusion } from './model.ts'
import { fitted, only, outputOf } from './ports.ts'

/** Latents, [n, c, h, w] → the decoder's output on the host, [n, 3, H, W] from −1 to 1. The caller disposes the latents. */
export type Decode = (latents: Value, signal?: AbortSignal) => Promise<HostValue>

/** The VAE's decoder, after undoing the scaling that the latents were trained with. */
export function latentDecoder({ decoder, scaling }: StableDiffusion, ops: ValueOps): Decode {
  const input = decoder.inputs[0]!
  const output = outputOf(decoder, 'sample')
  return async (latents, signal) => {
    const temporary = new Set<Value>()
    const keep = (value: Value): Value => {
      if (value !== latents) temporary.add(value)
      return value
    }
    try {
      const scaled = keep(await unscaled(latents, scaling, ops))
      const fed = keep(await fitted(scaled, input, ops))
      const made = keep(only(await decoder.run({ [input.name]: fed }, { signal }), output.name, ops))
      const wide = made.type === 'float32' ? made : keep(await ops.cast(made, 'float32'))
      const host = await ops.read(wide)
      // `read` returns a value on the host itself: it now belongs to the caller.
      temporary.delete(host)
      return host
    } finally {
      for (const value of temporary) ops.dispose(value)
    }
  }
}

function unscaled(
  latents: Value,
  { factor, shift }: StableDiffusion['scaling'],
  ops: ValueOps,
): Value | Promise<Value> {
  if (factor === 1 && shift === 0) return latents
  const terms: Term<Value>[] = [[1 / factor, latents]]
  if (shift !== 0) terms.push([shift, constant(latents.shape, 1)])
  return ops.combine(terms)
}

function constant(shape: readonly number[], number: number): HostValue {
  const size = shape.reduce((a, b) => a * b, 1)
  return { type: 'float32', shape, data: new Float32Array(size).fill(number) }
}
