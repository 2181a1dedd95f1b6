import { dataType, type ElementType, elementBytes, elementType } from './element-type.ts'
import { type TensorProto, TensorProto_DataLocation, TensorProtoSchema } from './generated/onnx-ml_pb.ts'
import { GraphError } from './model.ts'
import { message } from './proto.ts'

type Numbers = readonly number[] | readonly bigint[]
type TypedNumbers =
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

/**
 * A tensor of weights or constants, with its elements in row-major order. `shape: []` is a scalar. float16 and bfloat16 elements
 * are given as their bits, in a `Uint16Array`.
 *
 * @throws GraphError if the number of elements does not fit the shape, or the array does not fit the type
 */
export function tensor(
  name: string,
  type: ElementType,
  shape: readonly number[],
  data: Numbers | TypedNumbers,
): TensorProto {
  const size = shape.reduce((product, dim) => product * dim, 1)
  if (data.length !== size) {
    throw new GraphError(
      `tensor ${name}: the shape [${shape}] takes ${size} elements, got ${data.length}; give as many elements as the shape says`,
    )
  }
  const bytes = Array.isArray(data) ? encode(name, type, data) : asBytes(name, type, data as TypedNumbers)
  return message(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: dataType(type), rawData: bytes })
}

/**
 * The elements of a small tensor as numbers, whichever field holds them. `undefined` if they are in an external file, are strings,
 * or are more than `limit`.
 */
export function elements(proto: TensorProto, limit = 4096): readonly number[] | undefined {
  const type = elementType(proto.dataType)
  const size = proto.dims.reduce((product, dim) => product * Number(dim), 1)
  if (type === undefined || size > limit || proto.dataLocation === TensorProto_DataLocation.EXTERNAL) return undefined
  if (proto.rawData.byteLength > 0) return decode(type, proto.rawData, size)
  const typed = [proto.floatData, proto.int64Data, proto.int32Data, proto.doubleData, proto.uint64Data]
  const data = typed.find(({ length }) => length > 0) ?? []
  return data.length === size ? Array.from<number | bigint, number>(data, Number) : undefined
}

function decode(type: ElementType, raw: Uint8Array, size: number): readonly number[] | undefined {
  const width = elementBytes(type)
  const read = readers[type]
  if (width === undefined || read === undefined || raw.byteLength !== width * size) return undefined
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  return Array.from({ length: size }, (_, i) => read(view, i * width))
}

const readers: Partial<Readonly<Record<ElementType, (view: DataView, at: number) => number>>> = {
  float32: (view, at) => view.getFloat32(at, true),
  float64: (view, at) => view.getFloat64(at, true),
  float16: (view, at) => half(view.getUint16(at, true)),
  int64: (view, at) => Number(view.getBigInt64(at, true)),
  uint64: (view, at) => Number(view.getBigUint64(at, true)),
  int32: (view, at) => view.getInt32(at, true),
  uint32: (view, at) => view.getUint32(at, true),
  int16: (view, at) => view.getInt16(at, true),
  uint16: (view, at) => view.getUint16(at, true),
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
  bool: (view, at) => view.getUint8(at),
}

/** The number that the 16 bits of IEEE 754 binary16 stand for. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const writers: Partial<Readonly<Record<ElementType, (view: DataView, at: number, value: number | bigint) => void>>> = {
  float32: (view, at, value) => view.setFloat32(at, Number(value), true),
  float64: (view, at, value) => view.setFloat64(at, Number(value), true),
  int64: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  int32: (view, at, value) => view.setInt32(at, Number(value), true),
  uint8: (view, at, value) => view.setUint8(at, Number(value)),
  int8: (view, at, value) => view.setInt8(at, Number(value)),
  bool: (view, at, value) => view.setUint8(at, value ? 1 : 0),
}

function encode(name: string, type: ElementType, data: Numbers): Uint8Array<ArrayBuffer> {
  const write = writers[type]
  const width = elementBytes(type)
  if (write === undefined || width === undefined) {
    throw new GraphError(
      `tensor ${name}: plain numbers cannot be written as ${type}; give the elements as a typed array`,
    )
  }
  const view = new DataView(new ArrayBuffer(data.length * width))
  data.forEach((value, i) => {
    write(view, i * width, value)
  })
  return new Uint8Array(view.buffer)
}

function asBytes(name: string, type: ElementType, data: TypedNumbers): Uint8Array {
  if (data.BYTES_PER_ELEMENT !== elementBytes(type)) {
    throw new GraphError(
      `tensor ${name}: ${type} takes ${elementBytes(type)} bytes an element, got a ${data.constructor.name}; give an array of that type`,
    )
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
