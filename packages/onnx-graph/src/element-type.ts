import { TensorProto_DataType } from './generated/onnx-ml_pb.ts'

/** Names of ONNX's element types: as in JavaScript's typed arrays (`float32`), or ONNX's name in lower case. */
export type ElementType =
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'float64'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool'
  | 'string'

/** ONNX's number for an element type. */
export function dataType(type: ElementType): number {
  return TensorProto_DataType[protoName(type)]
}

/** The name of the element type with ONNX's number; `undefined` for unsupported types, such as int4. */
export function elementType(dataType: number): ElementType | undefined {
  return names.get(dataType)
}

/** How many bytes one element takes; `undefined` for strings. */
export function elementBytes(type: ElementType): number | undefined {
  if (type === 'string') return undefined
  if (type === 'bool') return 1
  return Number(/\d+$/.exec(type)![0]) / 8
}

const types: readonly ElementType[] = [
  'float32',
  'float16',
  'bfloat16',
  'float64',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint64',
  'uint32',
  'uint16',
  'uint8',
  'bool',
  'string',
]

const names: ReadonlyMap<number, ElementType> = new Map(types.map(type => [dataType(type), type]))

function protoName(type: ElementType): keyof typeof TensorProto_DataType {
  if (type === 'float32') return 'FLOAT'
  if (type === 'float64') return 'DOUBLE'
  return type.toUpperCase() as keyof typeof TensorProto_DataType
}
