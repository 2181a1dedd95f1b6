import { bodies } from './attributes.ts'
import type { ElementType } from './element-type.ts'
import { externalFiles } from './external.ts'
import type { GraphProto, ModelProto, NodeProto, ValueInfoProto } from './generated/onnx-ml_pb.ts'
import { declared, type Sizes } from './infer/infer.ts'
import { nodeCosts } from './multiply-adds.ts'

/** An input or output of a graph; a symbolic dimension is given by its name, an unknown one by ''. */
export type InspectedPort = {
  readonly name: string
  readonly type: ElementType | undefined
  readonly shape: readonly (number | string)[] | undefined
}

/** A part of a network as its exporter named it: `down_blocks.0`, `mid_block`, `up_blocks.3`, or `other`. */
export type Block = { readonly name: string; readonly parameters: number; readonly multiplyAdds: number | undefined }

/** What a model is, as far as its file tells. */
export type Inspection = {
  readonly inputs: readonly InspectedPort[]
  readonly outputs: readonly InspectedPort[]
  /** Versions of the operator sets, `''` being ONNX's own. */
  readonly opsets: Readonly<Record<string, number>>
  readonly exporter: string
  /** Operators by how often they stand in the graph and its bodies. */
  readonly operators: Readonly<Record<string, number>>
  readonly parameters: number
  /** Of one call, where sizes were given. */
  readonly multiplyAdds: number | undefined
  readonly blocks: readonly Block[]
  readonly externalFiles: readonly string[]
}

/**
 * Describes a model. Parameters are the elements of weights with more than one axis or element; names of blocks are a hint
 * that exporters leave in names of nodes or in their metadata, and optimizers drop.
 *
 * @param sizes shapes of the inputs, to count multiply-adds with
 * @throws ModelError where sizes are given that leave one open
 */
export function inspect(model: ModelProto, sizes?: Sizes): Inspection {
  const graph = model.graph!
  const blockOf = blocksOf(graph)
  const parameters = new Map<string, number>()
  for (const [block, number] of weightsByBlock(graph, blockOf)) add(parameters, block, number)
  const costs = sizes === undefined ? undefined : new Map<string, number>()
  if (costs !== undefined) {
    for (const { node, cost } of nodeCosts(model, sizes!)) add(costs, blockOf(node), cost)
  }
  const names = [...new Set([...parameters.keys(), ...(costs?.keys() ?? [])])].sort()
  const total = (numbers: Iterable<number>) => [...numbers].reduce((sum, number) => sum + number, 0)
  return {
    inputs: graph.input.map(port),
    outputs: graph.output.map(port),
    opsets: Object.fromEntries(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])),
    exporter: `${model.producerName} ${model.producerVersion}`.trim(),
    operators: operatorsOf(graph),
    parameters: total(parameters.values()),
    multiplyAdds: costs && total(costs.values()),
    blocks: names.map(name => ({
      name,
      parameters: parameters.get(name) ?? 0,
      multiplyAdds: costs && (costs.get(name) ?? 0),
    })),
    externalFiles: externalFiles(model),
  }
}

function port(info: ValueInfoProto): InspectedPort {
  const { type, shape } = declared(info)
  return { name: info.name, type, shape: shape?.map(dim => dim ?? '') }
}

function operatorsOf(graph: GraphProto): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  const visit = (graph: GraphProto): void => {
    for (const node of graph.node) {
      add(counts, node.domain === '' ? node.opType : `${node.domain}.${node.opType}`, 1)
      for (const inner of bodies(node)) visit(inner)
    }
  }
  visit(graph)
  return Object.fromEntries([...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)))
}

/** Weights belong to the first node that reads them, through casts and transposes. */
function weightsByBlock(
  graph: GraphProto,
  blockOf: (node: NodeProto) => string,
): readonly (readonly [block: string, parameters: number])[] {
  const readers = new Map<string, NodeProto>()
  for (const node of graph.node) for (const name of node.input) if (!readers.has(name)) readers.set(name, node)
  const blockOfValue = (name: string, depth = 0): string => {
    const reader = readers.get(name)
    if (reader === undefined) return 'other'
    const own = blockOf(reader)
    return own === 'other' && depth < 4 && reader.output[0] !== undefined
      ? blockOfValue(reader.output[0], depth + 1)
      : own
  }
  const constants = graph.node.filter(({ opType }) => opType === 'Constant')
  const tensors = [
    ...graph.initializer.map(({ name, dims }) => ({ name, dims })),
    ...constants.flatMap(({ output, attribute }) =>
      attribute.map(({ t }) => ({ name: output[0]!, dims: t?.dims ?? [] })),
    ),
  ]
  return tensors.flatMap(({ name, dims }) => {
    const size = dims.reduce((product, dim) => product * Number(dim), 1)
    return size > 1 ? [[blockOfValue(name), size] as const] : []
  })
}

function blocksOf(graph: GraphProto): (node: NodeProto) => string {
  const block = /(?:down_blocks|up_blocks)[./]\d+|mid_block/
  const known = new Map<NodeProto, string>()
  for (const node of graph.node) {
    const notes = node.metadataProps.map(({ value }) => value)
    const found = [node.name, ...notes].map(text => block.exec(text)?.[0]).find(name => name !== undefined)
    known.set(node, found?.replace('/', '.') ?? 'other')
  }
  return node => known.get(node) ?? 'other'
}

function add(counts: Map<string, number>, key: string, number: number): void {
  counts.set(key, (counts.get(key) ?? 0) + number)
}
