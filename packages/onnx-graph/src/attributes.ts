import type { AttributeProto, GraphProto, NodeProto, TensorProto } from './generated/onnx-ml_pb.ts'

function attribute(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find(given => given.name === name)
}

/** An integer attribute of a node; `undefined` where it is not given. */
export function int(node: NodeProto, name: string): number | undefined {
  const found = attribute(node, name)
  return found && Number(found.i)
}

/** A list of integers among a node's attributes. */
export function ints(node: NodeProto, name: string): readonly number[] | undefined {
  return attribute(node, name)?.ints.map(Number)
}

/** A float attribute of a node. */
export function float(node: NodeProto, name: string): number | undefined {
  return attribute(node, name)?.f
}

/** A list of floats among a node's attributes. */
export function floats(node: NodeProto, name: string): readonly number[] | undefined {
  return attribute(node, name)?.floats
}

/** A text among a node's attributes. */
export function text(node: NodeProto, name: string): string | undefined {
  const found = attribute(node, name)
  return found && new TextDecoder().decode(found.s)
}

/** A tensor among a node's attributes, such as the value of a `Constant`. */
export function tensorAttribute(node: NodeProto, name: string): TensorProto | undefined {
  return attribute(node, name)?.t
}

/** A graph among a node's attributes, such as a branch of an `If`. */
export function body(node: NodeProto, name: string): GraphProto | undefined {
  return attribute(node, name)?.g
}

/** All graphs among a node's attributes. */
export function bodies(node: NodeProto): readonly GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]))
}
