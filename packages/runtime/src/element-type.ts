/** The element types of a runtime's values, by ONNX's names. */
export type ElementType = keyof typeof arrays

/** The elements of a value in row-major order. float16 elements are given as their bits, bool elements as bytes. */
export type Elements =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array

const arrays: {
  readonly float32: typeof Float32Array
  readonly float16: typeof Uint16Array
  readonly float64: typeof Float64Array
  readonly int64: typeof BigInt64Array
  readonly int32: typeof Int32Array
  readonly int16: typeof Int16Array
  readonly int8: typeof Int8Array
  readonly uint64: typeof BigUint64Array
  readonly uint32: typeof Uint32Array
  readonly uint16: typeof Uint16Array
  readonly uint8: typeof Uint8Array
  readonly bool: typeof Uint8Array
} = {
  float32: Float32Array,
  float16: Uint16Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
}

/** The array class for the elements of a type; `undefined` for types that no value has, such as strings. */
export function arrayOf(type: string): (typeof arrays)[ElementType] | undefined {
  return Object.hasOwn(arrays, type) ? arrays[type as ElementType] : undefined
}
