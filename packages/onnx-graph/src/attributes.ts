import type { AttributeProto, GraphProto, NodeProto, TensorProto } from './generated/onnx-ml_pb.ts'

function attribute(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find(entry => entry.name === name)
}

/** An integer attribute of a node; `undefined` if the node does not have it. */
export function int(node: NodeProto, name: string): number | undefined {
  const found = attribute(node, name)
  return found && Number(found.i)
}

/** A list attribute of integers. */
export function ints(node: NodeProto, name: string): readonly number[] | undefined {
  return attribute(node, name)?.ints.map(Number)
}

/** A float attribute. */
export function float(node: NodeProto, name: string): number | undefined {
  return attribute(node, name)?.f
}

/** A list attribute of floats. */
export function floats(node: NodeProto, name: string): readonly number[] | undefined {
  return attribute(node, name)?.floats
}

/** A text attribute. */
export function text(node: NodeProto, name: string): string | undefined {
  const found = attribute(node, name)
  return found && new TextDecoder().decode(found.s)
}

/** A tensor attribute, such as the value of a `Constant`. */
export function tensorAttribute(node: NodeProto, name: string): TensorProto | undefined {
  return attribute(node, name)?.t
}

/** A graph attribute, such as a branch of an `If`. */
export function body(node: NodeProto, name: string): GraphProto | undefined {
  return attribute(node, name)?.g
}

/** All graphs in a node's attributes. */
export function bodies(node: NodeProto): readonly GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]))
}
