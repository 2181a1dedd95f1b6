import { bodies } from './attributes.ts'
import { elementType } from './element-type.ts'
import { withoutGates } from './gates.ts'
import type { GraphProto, ModelProto, NodeProto, ValueInfoProto } from './generated/onnx-ml_pb.ts'
import { indexed, reads } from './graph.ts'
import { declared, infer, type Sizes } from './infer/infer.ts'
import { count, type Dim } from './infer/known.ts'
import { multiplyAdds } from './multiply-adds.ts'
import { isTransparent, origin } from './trace.ts'

/** An input or output: sizes are numbers, the file's symbols, or expressions over these. */
export type InspectedPort = {
  readonly name: string
  readonly type: string | undefined
  readonly shape: readonly Dim[] | undefined
}

/** What a part of a model costs. */
export type Cost = {
  /** Numbers in its weights; a weight that several parts read counts in the first. */
  readonly parameters: number
  /** Multiplications with addition in its products and convolutions, attention among them, of one call. */
  readonly multiplyAdds: number
}

/** What a model is made of. */
export type Inspection = Cost & {
  readonly exporter: string
  readonly opsets: Readonly<Record<string, number>>
  readonly inputs: readonly InspectedPort[]
  readonly outputs: readonly InspectedPort[]
  /** Nodes by operator, with `com.microsoft:` and the like before those of other sets. */
  readonly operators: Readonly<Record<string, number>>
  /** By the names that the exporter left, such as `down_blocks.0`, in the order in which they run; `''` is the rest. */
  readonly blocks: readonly (Cost & { readonly name: string })[]
  /** Products and convolutions whose sizes are unknown, so that they are missing from `multiplyAdds`. */
  readonly uncounted: number
}

/**
 * Describes a model without running it. Multiply-adds need the sizes that the inputs leave open:
 * `inspect(unet, { sample: [2, 4, 64, 64], encoder_hidden_states: [2, 77, 768] })`. A gated model is counted with its
 * gates off.
 */
export function inspect(model: ModelProto, sizes: Sizes = {}): Inspection {
  const flat = withoutGates(model)
  const graph = flat.graph!
  const known = infer(flat, sizes)
  const weights = weightSizes(graph)
  const counted = new Set<string>()
  const blocks = new Map<string, { parameters: number; multiplyAdds: number }>()
  let uncounted = 0
  const index = indexed(graph)
  for (const node of index.nodes) {
    // It belongs to who reads it, as an initializer does.
    if (node.opType === 'Constant') continue
    // A cast or dequantized weight belongs to who reads it, whatever the node in between is called.
    if (isTransparent(node) && weights.has(origin(index, node.output[0] ?? ''))) continue
    const name = blockOf(node)
    const block = blocks.get(name) ?? { parameters: 0, multiplyAdds: 0 }
    blocks.set(name, block)
    for (const read of reads(node).map(value => origin(index, value))) {
      if (!counted.has(read)) block.parameters += weights.get(read) ?? 0
      counted.add(read)
    }
    const work = multiplyAdds(node, value => known.get(value)?.shape)
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

function weightSizes(graph: GraphProto): ReadonlyMap<string, number> {
  const sparse = graph.sparseInitializer.map(({ values, dims }) => [values?.name ?? '', dims] as const)
  const dense = graph.initializer.map(({ name, dims }) => [name, dims] as const)
  const constant = graph.node.flatMap(constantWeight)
  return new Map(
    [...dense, ...sparse, ...constant].map(([name, dims]) => [name, count(dims.map(Number)) ?? 0] as const),
  )
}

/** A weight that is in a Constant node. Whole numbers there are sizes and axes, and single numbers are factors. */
function constantWeight(node: NodeProto): readonly (readonly [name: string, dims: readonly bigint[]])[] {
  if (node.opType !== 'Constant') return []
  const [value] = node.attribute
  const tensor = value?.t ?? value?.sparseTensor?.values
  const dims = value?.sparseTensor?.dims ?? tensor?.dims
  const type = tensor && elementType(tensor.dataType)
  const whole = type === undefined || /^u?int(16|32|64)$|^bool$|^string$/.test(type)
  return dims === undefined || dims.length === 0 || whole ? [] : [[node.output[0] ?? '', dims]]
}

/** The block that a node belongs to, by the scope in its name or in the notes of PyTorch's newer exporter. */
function blockOf({ name, metadataProps }: NodeProto): string {
  const scopes = metadataProps.find(({ key }) => key.endsWith('name_scopes') || key === 'namespace')?.value ?? ''
  const block =
    /(?:^|[/.'])((?:down_blocks|up_blocks)\.\d+|mid_block|conv_in|conv_out|time_embedding|add_embedding)(?=[/.'_]|$)/
  return block.exec(name)?.[1] ?? block.exec(scopes)?.[1] ?? ''
}
