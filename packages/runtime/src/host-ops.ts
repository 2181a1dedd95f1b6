import { FewstepError } from '@fewstep/errors'
import { float32Ops, type Term } from '@fewstep/tensor'
import { arrayOf, type Elements, type ElementType } from './element-type.ts'
import { fromFloat16, toFloat16 } from './float16.ts'
import type { HostValue, Value, ValueOps } from './runtime.ts'

/** {@link ValueOps} on values in this thread's memory. @throws ValueError */
export function hostOps(): ValueOps {
  const ops = float32Ops()
  const floats = (value: Value): Float32Array => {
    const { type, data } = onHost(value)
    return type === 'float32' ? (data as Float32Array) : Float32Array.from(data as Uint16Array, fromFloat16)
  }
  return {
    combine(terms) {
      const values = checkTerms(terms)
      const { shape } = values[0]!
      if (values.every(({ type }) => type === 'float16')) return { type: 'float16', shape, data: sumOfHalves(terms) }
      return { type: 'float32', shape, data: ops.combine(terms.map(([weight, value]) => [weight, floats(value)])) }
    },
    concat(values) {
      checkParts(values)
      const parts = values.map(onHost)
      const { type, shape } = parts[0]!
      const data = allocate(
        type,
        parts.reduce((sum, part) => sum + part.data.length, 0),
      )
      let at = 0
      for (const { data: part } of parts) {
        ;(data as Float32Array).set(part as Float32Array, at)
        at += part.length
      }
      return { type, shape: [parts.reduce((sum, part) => sum + part.shape[0]!, 0), ...shape.slice(1)], data }
    },
    split(value, parts) {
      const rows = checkSplit(value, parts)
      const { type, shape, data } = onHost(value)
      const length = data.length / parts
      return Array.from({ length: parts }, (_, i) => ({
        type,
        shape: [rows, ...shape.slice(1)],
        data: data.slice(i * length, (i + 1) * length),
      }))
    },
    cast(value, type) {
      checkCast(value, type)
      const { shape, data, type: from } = onHost(value)
      if (from === type) return { type, shape, data: data.slice() }
      if (type === 'float16') return { type, shape, data: Uint16Array.from(data as Float32Array, toFloat16) }
      return { type, shape, data: Float32Array.from(data as Uint16Array, fromFloat16) }
    },
    read: onHost,
    dispose({ data }) {
      // Only an array with a buffer of its own can be reused, not a view of a larger one.
      if (data instanceof Float32Array && data.byteLength === data.buffer.byteLength) ops.dispose(data)
    },
  }
}

/** Sums in float64 and rounds once; float32 in between would round twice. */
function sumOfHalves(terms: readonly Term<Value>[]): Uint16Array {
  const operands = terms.map(([weight, value]) => [weight, onHost(value).data as Uint16Array] as const)
  return operands[0]![1].map((_, i) =>
    toFloat16(operands.reduce((sum, [weight, bits]) => sum + weight * fromFloat16(bits[i]!), 0)),
  )
}

function onHost(value: Value): HostValue {
  if (value.data !== undefined) return value
  throw new ValueError(`the value ${describe(value)} is on a device; use the ops of the runtime that created it`)
}

function allocate(type: ElementType, length: number): Elements {
  return new (arrayOf(type)!)(length)
}

function describe({ type, shape }: Value): string {
  return `${type} [${shape}]`
}

/** The values of a weighted sum. @throws ValueError if there are none, or if their shapes or types do not fit */
export function checkTerms(terms: readonly Term<Value>[]): readonly Value[] {
  const values = terms.map(([, value]) => value)
  const [first] = values
  if (first === undefined) throw new ValueError('combine takes at least one [weight, value], got none')
  for (const [weight] of terms) {
    if (!Number.isFinite(weight)) throw new ValueError(`combine takes finite weights, got ${weight}`)
  }
  for (const value of values) {
    if (value.type !== 'float32' && value.type !== 'float16')
      throw new ValueError(`combine takes float32 and float16, got ${describe(value)}; convert it first`)
    if (String(value.shape) !== String(first.shape))
      throw new ValueError(`combine takes values of one shape, got ${values.map(describe).join(' and ')}`)
  }
  return values
}

/** @throws ValueError if the values cannot be joined along their first axis */
export function checkParts(values: readonly Value[]): void {
  const [first] = values
  if (first === undefined) throw new ValueError('concat takes at least one value, got none')
  const rest = String(first.shape.slice(1))
  const fit = values.every(
    ({ type, shape }) => type === first.type && shape.length > 0 && String(shape.slice(1)) === rest,
  )
  if (!fit) {
    throw new ValueError(
      `concat takes values of one type whose shapes differ in the first axis only, got ${values.map(describe).join(' and ')}`,
    )
  }
}

/** The number of rows of each part. @throws ValueError if the first axis cannot be divided into `parts` equal parts */
export function checkSplit(value: Value, parts: number): number {
  const rows = value.shape[0] ?? 0
  if (!Number.isInteger(parts) || parts < 1 || rows < parts || rows % parts !== 0) {
    throw new ValueError(`split cannot divide the first axis of ${describe(value)} into ${parts} equal parts`)
  }
  return rows / parts
}

/** @throws ValueError for any conversion other than between float32 and float16 */
export function checkCast(value: Value, type: string): void {
  const types = ['float32', 'float16']
  if (!types.includes(value.type) || !types.includes(type))
    throw new ValueError(`cast converts between float32 and float16, got ${describe(value)} to ${type}`)
}

/** Operands that a tensor operation does not accept. */
export class ValueError extends FewstepError {
  override readonly name = 'Runtime.ValueError'
  override readonly kind = 'input'
}
