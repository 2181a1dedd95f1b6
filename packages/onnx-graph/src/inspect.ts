import { bodies } from './attributes.ts'
import { elementType } from './element-type.ts'
import { withoutGates } from './gates.ts'
import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './generated/onnx-ml_pb.ts'
import { type Index, indexed, reads } from './graph.ts'
import { declared, infer, type Sizes } from './infer/infer.ts'
import { count, type Dim } from './infer/known.ts'
import { multiplyAdds } from './multiply-adds.ts'
import { isTransparent, origin } from './trace.ts'

/** An input or output. Sizes are numbers, symbols of the file, or expressions with these symbols. */
export type InspectedPort = {
  readonly name: string
  readonly type: string | undefined
  readonly shape: readonly Dim[] | undefined
}

/** The size and cost of a model or of a part of it. */
export type Cost = {
  /** Number of weights. A weight tensor that several parts read counts in the first of them. */
  readonly parameters: number
  /** Multiply-adds of its matrix products, convolutions and attention in one evaluation. */
  readonly multiplyAdds: number
}

/** The description of a model. */
export type Inspection = Cost & {
  readonly exporter: string
  readonly opsets: Readonly<Record<string, number>>
  readonly inputs: readonly InspectedPort[]
  readonly outputs: readonly InspectedPort[]
  /** Number of nodes per operator. Operators of other sets have a prefix, such as `com.microsoft:`. */
  readonly operators: Readonly<Record<string, number>>
  /** Costs per block, by the exporter's names such as `down_blocks.0`, in the order in which they run; `''` is the rest. */
  readonly blocks: readonly (Cost & { readonly name: string })[]
  /** Number of products and convolutions of unknown size, which `multiplyAdds` does not include. */
  readonly uncounted: number
}

/**
 * Describes a model without running it. To count multiply-adds, give the sizes of inputs whose shapes are not fixed:
 * `inspect(unet, { sample: [2, 4, 64, 64], encoder_hidden_states: [2, 77, 768] })`. A gated model is counted with its gates off.
 */
export function inspect(model: ModelProto, sizes: Sizes = {}): Inspection {
  const flat = withoutGates(model)
  const graph = flat.graph!
  const inferred = infer(flat, sizes)
  const counted = new Set<string>()
  const blocks = new Map<string, { parameters: number; multiplyAdds: number }>()
  let uncounted = 0
  const index = indexed(graph)
  const weights = weightSizes(graph, index)
  for (const node of index.nodes) {
    // A constant belongs to the node that reads it, like an initializer.
    if (node.opType === 'Constant') continue
    // A cast or dequantized weight belongs to the node that reads it, not to the node in between.
    if (isTransparent(node) && weights.has(origin(index, node.output[0] ?? ''))) continue
    const name = blockOf(node)
    const block = blocks.get(name) ?? { parameters: 0, multiplyAdds: 0 }
    blocks.set(name, block)
    for (const read of reads(node).map(value => origin(index, value))) {
      if (!counted.has(read)) block.parameters += weights.get(read) ?? 0
      counted.add(read)
    }
    const work = multiplyAdds(node, value => inferred.get(value)?.shape)
    if (work === undefined) uncounted += 1
    else block.multiplyAdds += work
  }
  const sum = (field: keyof Cost) => [...blocks.values()].reduce((total, cost) => total + cost[field], 0)
  return {
    exporter: [model.producerName, model.producerVersion].filter(text => text !== '').join(' '),
    opsets: Object.fromEntries(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])),
    inputs: model.graph!.input.map(ported),
    outputs: model.graph!.output.map(ported),
    operators: operatorCounts(model.graph!),
    parameters: sum('parameters'),
    multiplyAdds: sum('multiplyAdds'),
    blocks: [...blocks].map(([name, cost]) => ({ name, ...cost })),
    uncounted,
  }
}

function ported(value: ValueInfoProto): InspectedPort {
  const { type, shape } = declared(value)
  return { name: value.name, type, shape }
}

function operatorCounts(graph: GraphProto): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  const open = [graph]
  while (open.length > 0) {
    for (const node of open.pop()!.node) {
      const name = node.domain === '' ? node.opType : `${node.domain}:${node.opType}`
      counts.set(name, (counts.get(name) ?? 0) + 1)
      open.push(...bodies(node))
    }
  }
  return Object.fromEntries([...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)))
}

function weightSizes(graph: GraphProto, index: Index): ReadonlyMap<string, number> {
  const sparse = graph.sparseInitializer.map(({ values, dims }) => [values?.name ?? '', dims] as const)
  const dense = graph.initializer.map(({ name, dims }) => [name, dims] as const)
  const constant = index.nodes
    .filter(node => isWeight(node, index))
    .map(node => [node.output[0]!, shapeOf(node)!] as const)
  return new Map(
    [...dense, ...sparse, ...constant].map(([name, dims]) => [name, count(dims.map(Number)) ?? 0] as const),
  )
}

/**
 * Whether a node is a Constant with weights, as some exporters and optimisers write them. Other constants do not count: integers
 * (sizes, axes), single numbers (factors), scales of a resize, the ones and zeros of an InstanceNormalization that is part of a
 * group normalization, and frequencies of the timestep's sine and cosine.
 */
function isWeight(node: NodeProto, index: Index): boolean {
  const shape = shapeOf(node)
  const type = elementType(constantOf(node)?.dataType ?? 0)
  if (shape === undefined || (count(shape.map(Number)) ?? 0) <= 1) return false
  if (type === undefined || /^u?int(16|32|64)$|^bool$|^string$/.test(type)) return false
  const readers = (value: string) => (index.readers.get(value) ?? []).map(place => index.nodes[place]!)
  const waves = ({ opType, output }: NodeProto): boolean =>
    opType === 'Sin' || opType === 'Cos' || (opType === 'Mul' && readers(output[0]!).every(waves))
  return !readers(node.output[0]!).every(
    reader => reader.opType === 'Resize' || reader.opType === 'InstanceNormalization' || waves(reader),
  )
}

function constantOf({ opType, attribute }: NodeProto): TensorProto | undefined {
  return opType === 'Constant' ? (attribute[0]?.t ?? attribute[0]?.sparseTensor?.values) : undefined
}

function shapeOf(node: NodeProto): readonly bigint[] | undefined {
  return constantOf(node) && (node.attribute[0]?.sparseTensor?.dims ?? constantOf(node)?.dims)
}

/** The block that a node belongs to, by the scope in its name or in the metadata of PyTorch's newer exporter. */
function blockOf({ name, metadataProps }: NodeProto): string {
  const scopes = metadataProps.find(({ key }) => key.endsWith('name_scopes') || key === 'namespace')?.value ?? ''
  const block =
    /(?:^|[/.'])((?:down_blocks|up_blocks)\.\d+|mid_block|conv_in|conv_out|time_embedding|add_embedding)(?=[/.'_]|$)/
  return block.exec(name)?.[1] ?? block.exec(scopes)?.[1] ?? ''
}
