import { bodies } from './attributes.ts'
import type { GraphProto, NodeProto } from './generated/onnx-ml_pb.ts'
import { GraphError } from './model.ts'

/**
 * The names of all values that a node reads: its inputs, and the values that the bodies of an `If`, `Loop` or `Scan` take from
 * the graph around them.
 */
export function reads(node: NodeProto): readonly string[] {
  const inputs = node.input.filter(name => name !== '')
  return node.attribute.length === 0 ? inputs : [...inputs, ...bodies(node).flatMap(captures)]
}

/** The names that a body takes from the graph around it. */
function captures(graph: GraphProto): readonly string[] {
  const defined = new Set(definitions(graph))
  const read = [...graph.node.flatMap(reads), ...graph.output.map(({ name }) => name)]
  return [...new Set(read)].filter(name => !defined.has(name))
}

/** The names of a graph's inputs, weights and node outputs, without those inside of bodies. */
export function definitions(graph: GraphProto): readonly string[] {
  return [...graph.input.map(({ name }) => name), ...weightNames(graph), ...graph.node.flatMap(({ output }) => output)]
}

/** The names of a graph's weights. */
export function weightNames(graph: GraphProto): readonly string[] {
  return [
    ...graph.initializer.map(({ name }) => name),
    ...graph.sparseInitializer.map(({ values }) => values?.name ?? ''),
  ]
}

/** Which node computes and which nodes read each value of a graph. */
export type Index = {
  /** The nodes in an order in which they can run. */
  readonly nodes: readonly NodeProto[]
  /** The values that each node reads, in the same order. */
  readonly reads: readonly (readonly string[])[]
  /** Value → the place in `nodes` of the node that computes it. */
  readonly producer: ReadonlyMap<string, number>
  /** Value → the places in `nodes` of the nodes that read it. */
  readonly readers: ReadonlyMap<string, readonly number[]>
}

/**
 * @throws GraphError if two nodes compute the same value, or if the nodes form a cycle
 */
export function indexed(graph: GraphProto): Index {
  const nodes = sorted(graph.node)
  const read = nodes.map(reads)
  const readers = new Map<string, number[]>()
  for (const [place, names] of read.entries()) {
    for (const name of new Set(names)) {
      const places = readers.get(name)
      if (places === undefined) readers.set(name, [place])
      else places.push(place)
    }
  }
  return { nodes, reads: read, producer: producers(nodes), readers }
}

function producers(nodes: readonly NodeProto[]): ReadonlyMap<string, number> {
  const producer = new Map<string, number>()
  for (const [place, { output, name }] of nodes.entries()) {
    for (const value of output) {
      if (value === '') continue
      if (producer.has(value)) {
        throw new GraphError(
          `expected one node to make the value ${value}, got two of them (the second is ${name}); the file is damaged: export it again`,
        )
      }
      producer.set(value, place)
    }
  }
  return producer
}

/** The nodes in an order in which they can run. The order stays if it is valid. */
function sorted(nodes: readonly NodeProto[]): readonly NodeProto[] {
  const producer = producers(nodes)
  const before = nodes.map(node => reads(node).flatMap(name => producer.get(name) ?? []))
  if (before.every((places, place) => places.every(earlier => earlier < place))) return nodes
  const order: NodeProto[] = []
  const state = new Uint8Array(nodes.length) // 1: waiting for what it reads, 2: placed
  for (const [first] of nodes.entries()) {
    const stack = [first]
    while (stack.length > 0) {
      const place = stack.at(-1)!
      const missing = state[place] === 0 ? before[place]!.filter(earlier => state[earlier] !== 2) : []
      if (missing.length === 0) {
        stack.pop()
        if (state[place] !== 2) order.push(nodes[place]!)
        state[place] = 2
        continue
      }
      if (missing.some(earlier => state[earlier] === 1)) {
        throw new GraphError(
          `expected a graph without circles, got the node ${nodes[place]!.name}, which needs its own output; the file is damaged: export it again`,
        )
      }
      state[place] = 1
      stack.push(...missing)
    }
  }
  return order
}
