import { withoutGates } from './gates.ts'
import type { ModelProto, NodeProto } from './generated/onnx-ml_pb.ts'
import { type Index, indexed, weightNames } from './graph.ts'
import { readList } from './record.ts'
import { downstream, isConvolution, isLinear, isTransparent, next, origin } from './trace.ts'

/** An attention layer. */
export type Attention = {
  /** `cross` if keys and values come from the prompt, `self` if they come from the image. */
  readonly kind: 'cross' | 'self'
  /** The layer's output: the product with the weights of `to_out`, before the bias is added. */
  readonly value: string
}

/**
 * The attention layers of a model that generates images, in the order in which they run. They are found by structure: a softmax
 * of a product of matrices, or a fused attention node, whose queries come from a convolution. In cross-attention, keys and values
 * do not come from one. The layer's output is taken before the bias, because optimizers fuse the bias into the next node.
 */
export function findAttention(model: ModelProto): readonly Attention[] {
  const recorded = readList<Attention>(model, 'attention', { kind: 'string', value: 'string' })
  const index = indexed(withoutGates(model).graph!)
  if (recorded.length > 0) return recorded.filter(({ value }) => index.producer.has(value))
  const weights = new Set(weightNames(model.graph!))
  const spatial = downstream(index, isConvolution)
  const fromImage = (value: string | undefined) =>
    value !== undefined && spatial[index.producer.get(value) ?? -1] === true
  const layers = index.nodes.flatMap((node, place) => {
    const core = fused(node) ?? unfused(index, node, place)
    if (core === undefined || !fromImage(core.query)) return []
    const output = projection(index, weights, core.output)
    return output === undefined ? [] : [{ kind: fromImage(core.key) ? 'self' : 'cross', value: output } as const]
  })
  return layers.filter(({ value }, at) => layers.findIndex(other => other.value === value) === at)
}

type Core = { readonly query: string; readonly key: string; readonly output: string }

/** An attention that is a single fused node. */
function fused({ opType, domain, input, output }: NodeProto): Core | undefined {
  const [query, key] = input
  if (query === undefined || output[0] === undefined) return undefined
  const packed = domain === 'com.microsoft' && (opType === 'Attention' || opType === 'PackedMultiHeadAttention')
  if (packed) return { query, key: query, output: output[0] }
  if (opType !== 'MultiHeadAttention' && opType !== 'Attention') return undefined
  return { query, key: key === undefined || key === '' ? query : key, output: output[0] }
}

/** A softmax between two products of matrices. */
function unfused(index: Index, node: NodeProto, place: number): Core | undefined {
  if (node.opType !== 'Softmax') return undefined
  const scores = scoresOf(index, node)
  const passes = (reader: NodeProto) => isTransparent(reader) || reader.opType === 'Where'
  const [product] = next(index, index.nodes[place]!.output[0] ?? '', isLinear, passes)
  const output = product === undefined ? undefined : index.nodes[product]!.output[0]
  const [query, key] = scores?.input ?? []
  return query === undefined || key === undefined || output === undefined ? undefined : { query, key, output }
}

/** Operators between the scores of an attention and its softmax: scaling, masking, splitting into heads. */
const softening: ReadonlySet<string> = new Set(['Mul', 'Div', 'Add', 'Where', 'Clip', 'Min', 'Max', 'Reshape'])

/** The product of queries and keys: the nearest product of matrices upstream of a softmax. */
function scoresOf(index: Index, softmax: NodeProto): NodeProto | undefined {
  const seen = new Set<string>()
  const open = [...softmax.input]
  for (const value of open) {
    const name = origin(index, value)
    const place = index.producer.get(name)
    const node = place === undefined ? undefined : index.nodes[place]!
    if (node === undefined || seen.has(name)) continue
    seen.add(name)
    if (isLinear(node)) return node
    if (softening.has(node.opType)) open.push(...node.input)
  }
  return undefined
}

/** Operators between an attention's product and its output projection: joining of heads. */
const joining: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten'])

/** The output of the first product with weights downstream of an attention. */
function projection(index: Index, weights: ReadonlySet<string>, value: string): string | undefined {
  const isWeight = (input: string) => {
    const name = origin(index, input)
    return weights.has(name) || index.nodes[index.producer.get(name) ?? -1]?.opType === 'Constant'
  }
  const projects = (node: NodeProto) => isLinear(node) && node.input.some(isWeight)
  const passes = (node: NodeProto) => isTransparent(node) || joining.has(node.opType)
  const [place] = next(index, value, projects, passes)
  const output = place === undefined ? undefined : index.nodes[place]!.output[0]
  return output && dequantized(index, output)
}

/** If a value is only quantized and dequantized again, the value after that; else the value itself. */
function dequantized(index: Index, value: string): string {
  const only = (name: string, operator: string) => {
    const readers = index.readers.get(name) ?? []
    const node = readers.length === 1 ? index.nodes[readers[0]!]! : undefined
    return node?.opType === operator ? node.output[0] : undefined
  }
  const quantized = only(value, 'QuantizeLinear')
  return (quantized && only(quantized, 'DequantizeLinear')) ?? value
}
