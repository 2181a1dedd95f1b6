import { bodies } from './attributes.ts'
import type { GraphProto, NodeProto } from './generated/onnx-ml_pb.ts'
import { definitions, reads } from './graph.ts'
import { changed } from './proto.ts'

/** A node in which values are renamed: those that it or one of its bodies reads or computes. */
export function renamed(node: NodeProto, names: ReadonlyMap<string, string>): NodeProto {
  const concerned = [...reads(node), ...node.output].some(name => names.has(name))
  if (!concerned) return node
  const rename = (name: string) => names.get(name) ?? name
  const inside =
    bodies(node).length === 0
      ? undefined
      : node.attribute.map(attribute =>
          changed(attribute, {
            ...(attribute.g && { g: renamedBody(attribute.g, names) }),
            graphs: attribute.graphs.map(graph => renamedBody(graph, names)),
          }),
        )
  return changed(node, {
    input: node.input.map(rename),
    output: node.output.map(rename),
    ...(inside && { attribute: inside }),
  })
}

/** Renames values in a body. A value that the body defines itself hides the outer value of the same name. */
function renamedBody(graph: GraphProto, names: ReadonlyMap<string, string>): GraphProto {
  const defined = new Set(definitions(graph))
  const outer = new Map([...names].filter(([name]) => !defined.has(name)))
  const rename = (name: string) => outer.get(name) ?? name
  return changed(graph, {
    node: graph.node.map(node => renamed(node, outer)),
    output: graph.output.map(port => changed(port, { name: rename(port.name) })),
  })
}
