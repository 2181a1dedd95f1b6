import { dataType, type ElementType } from './element-type.ts'
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './generated/onnx-ml_pb.ts'
import { message } from './proto.ts'

/** An attribute of a node, with its type: JavaScript numbers do not distinguish ONNX's integers from its floats. */
export type AttributeValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly tensor: TensorProto }
  | { readonly graph: GraphProto }

/**
 * A node, such as `node('Concat', ['a', 'b'], ['joined'], { axis: { int: 1 } })`. An empty string stands for an optional input
 * or output that is left out.
 */
export function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  options: { readonly name?: string; readonly domain?: string } = {},
): NodeProto {
  return message(NodeProtoSchema, {
    opType: operator,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    name: options.name ?? `${operator}_${outputs[0] ?? ''}`,
    domain: options.domain,
  })
}

/**
 * An input or output of a graph. A dimension is a number, a symbol (the same size wherever the symbol occurs), or `undefined` if
 * it is unknown. If the shape is `undefined`, the number of dimensions is unknown too.
 */
export function port(
  name: string,
  type: ElementType,
  shape: readonly (number | string | undefined)[] | undefined,
): ValueInfoProto {
  const dims = shape?.map(dim =>
    message(TensorShapeProto_DimensionSchema, {
      value:
        typeof dim === 'number'
          ? { case: 'dimValue', value: BigInt(dim) }
          : dim === undefined
            ? { case: undefined }
            : { case: 'dimParam', value: dim },
    }),
  )
  const tensorType = message(TypeProto_TensorSchema, {
    elemType: dataType(type),
    shape: dims && message(TensorShapeProtoSchema, { dim: dims }),
  })
  const typed = message(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } })
  return message(ValueInfoProtoSchema, { name, type: typed })
}

/** The parts of a graph. The nodes must be in an order in which they can run. */
export type GraphParts = {
  readonly name?: string
  readonly inputs: readonly ValueInfoProto[]
  readonly outputs: readonly ValueInfoProto[]
  readonly nodes: readonly NodeProto[]
  readonly initializers?: readonly TensorProto[]
}

/** A graph, for a model or for the body of an `If`. */
export function buildGraph(parts: GraphParts): GraphProto {
  const { name = 'graph', inputs, outputs, nodes, initializers = [] } = parts
  return message(GraphProtoSchema, {
    name,
    input: [...inputs],
    output: [...outputs],
    node: [...nodes],
    initializer: [...initializers],
  })
}

/**
 * Builds a small model from its parts. `writeModel` turns it into bytes for a runtime.
 *
 * `opset` is the version of ONNX's operators (17 by default, which all current runtimes support). `domains` are the versions of
 * other operator sets, such as `{ 'com.microsoft': 1 }`.
 */
export function buildModel(
  parts: GraphParts & { readonly opset?: number; readonly domains?: Readonly<Record<string, number>> },
): ModelProto {
  const { opset = 17, domains = {} } = parts
  return message(ModelProtoSchema, {
    // The version of opsets 15 to 18, which all current runtimes read.
    irVersion: 8n,
    producerName: 'fewstep',
    graph: buildGraph(parts),
    opsetImport: Object.entries({ '': opset, ...domains }).map(([domain, version]) =>
      message(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
    ),
  })
}

function attribute(name: string, value: AttributeValue): AttributeProto {
  const { INT, FLOAT, STRING, INTS, FLOATS, TENSOR, GRAPH } = AttributeProto_AttributeType
  const of = (fields: Parameters<typeof message<typeof AttributeProtoSchema>>[1]): AttributeProto =>
    message(AttributeProtoSchema, { name, ...fields })
  if ('int' in value) return of({ type: INT, i: BigInt(value.int) })
  if ('float' in value) return of({ type: FLOAT, f: value.float })
  if ('string' in value) return of({ type: STRING, s: new TextEncoder().encode(value.string) })
  if ('ints' in value) return of({ type: INTS, ints: value.ints.map(BigInt) })
  if ('floats' in value) return of({ type: FLOATS, floats: [...value.floats] })
  if ('tensor' in value) return of({ type: TENSOR, t: value.tensor })
  return of({ type: GRAPH, g: value.graph })
}
