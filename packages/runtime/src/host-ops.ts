import { float32Ops } from '@fewstep/tensor'
import type { Elements, Value, ValueOps } from './runtime.ts'

/** {@link ValueOps} on values in this thread's memory. @throws ValueError */
export function hostOps(): ValueOps {
  const ops = float32Ops()
  const floats = (value: Value): Float32Array => {
    if (value.type === 'float32' && value.data instanceof Float32Array) return value.data
    throw new ValueError(`a weighted sum takes float32, got ${value.type}; convert it first`)
  }
  return {
    combine(terms) {
      const shape = terms[0]?.[1].shape ?? []
      return { type: 'float32', shape, data: ops.combine(terms.map(([weight, value]) => [weight, floats(value)])) }
    },
    dispose(value) {
      // Views of a larger buffer, as split makes them, are not whole arrays to be used again.
      if (value.data instanceof Float32Array && value.data.byteLength === value.data.buffer.byteLength)
        ops.dispose(value.data)
    },
    concat(values) {
      const [first] = values
      if (first === undefined) throw new ValueError('concat takes at least one value')
      const rest = String(first.shape.slice(1))
      if (values.some(({ type, shape }) => type !== first.type || String(shape.slice(1)) !== rest)) {
        throw new ValueError(
          `concat takes values of one type and shape but for the first axis, got ${values.map(({ type, shape }) => `${type} [${shape}]`).join(' and ')}`,
        )
      }
      const data = new (first.data.constructor as new (length: number) => Elements)(
        values.reduce((sum, { data }) => sum + data.length, 0),
      )
      let at = 0
      for (const { data: part } of values) {
        ;(data as Float32Array).set(part as Float32Array, at)
        at += part.length
      }
      return {
        type: first.type,
        shape: [values.reduce((sum, { shape }) => sum + shape[0]!, 0), ...first.shape.slice(1)],
        data,
      }
    },
    split(value, parts) {
      const rows = value.shape[0] ?? 0
      if (!Number.isInteger(parts) || parts < 1 || rows % parts !== 0) {
        throw new ValueError(`split makes equal parts: ${rows} rows do not divide into ${parts}`)
      }
      const length = value.data.length / parts
      return Array.from({ length: parts }, (_, i) => ({
        type: value.type,
        shape: [rows / parts, ...value.shape.slice(1)],
        data: value.data.slice(i * length, (i + 1) * length),
      }))
    },
  }
}

export class ValueError extends Error {
  override readonly name = 'Runtime.ValueError'
}
