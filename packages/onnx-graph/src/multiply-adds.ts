import { findAttention } from './attention.ts'
import { carryCrossAttention, carrySelfAttention } from './attention-caches.ts'
import { int } from './attributes.ts'
import type { Carried } from './carry.ts'
import { carryDeepFeatures } from './deep-features.ts'
import { withoutGates } from './gates.ts'
import type { ModelProto, NodeProto } from './generated/onnx-ml_pb.ts'
import { infer, type Sizes } from './infer/infer.ts'
import type { Dim, Known } from './infer/known.ts'
import { ModelError } from './model.ts'
import { findSkips } from './skips.ts'

/**
 * Multiply-adds of one call at given sizes of the inputs, such as `{ sample: [1, 4, 64, 64], encoder_hidden_states: [1, 77,
 * 768] }`: those of convolutions, matrix products and attentions, all else being small beside them. Gates count as off.
 *
 * @throws ModelError where a size that matters is still open
 */
export function multiplyAdds(model: ModelProto, sizes: Sizes): number {
  return nodeCosts(model, sizes).reduce((sum, { cost }) => sum + cost, 0)
}

/** The multiply-adds of each node that has any. */
export function nodeCosts(
  model: ModelProto,
  sizes: Sizes,
): readonly { readonly node: NodeProto; readonly cost: number }[] {
  const flat = withoutGates(model)
  const values = infer(flat, sizes)
  return flat.graph!.node.flatMap(node => {
    const rule = rules[node.opType]
    if (rule === undefined) return []
    const known = (name: string | undefined): Known => (name === undefined ? {} : (values.get(name) ?? {}))
    const cost = rule(node, node.input.map(known), known(node.output[0]))
    if (!Number.isFinite(cost)) {
      throw new ModelError(
        `the multiply-adds of ${node.name} (${node.opType}) depend on a size that is open; give the shape of every input, such as { sample: [1, 4, 64, 64] }`,
      )
    }
    return [{ node, cost }]
  })
}

/** What a U-Net's parts cost, as shares of the multiply-adds of one call. */
export type UnetCosts = {
  readonly total: number
  /** The share of a call that reuses the deep features of each branch. */
  readonly shallow: readonly { readonly branch: number; readonly share: number }[]
  /** The shares that cross-attentions and self-attentions have. */
  readonly cross: number
  readonly self: number
}

/**
 * @param branches those of the skip connections to look at; all of them where absent
 * @throws ModelError as {@link multiplyAdds} does, and where the model has no skip connection of that number
 */
export function unetCosts(model: ModelProto, sizes: Sizes, branches?: readonly number[]): UnetCosts {
  const total = multiplyAdds(model, sizes)
  const values = infer(withoutGates(model), sizes)
  /** A part takes values as inputs, whose sizes are those that the whole model gives them. */
  const share = (part: ModelProto, carried: readonly string[]): number => {
    const shapes = carried.map(name => [name, (values.get(name)?.shape ?? []) as readonly number[]] as const)
    return multiplyAdds(part, { ...sizes, ...Object.fromEntries(shapes) }) / total
  }
  const without = ({ reuse, values }: Carried): number => 1 - share(reuse, values)
  const kinds = new Set(findAttention(model).map(({ kind }) => kind))
  const wanted = branches ?? findSkips(model).map(({ branch }) => branch)
  return {
    total,
    shallow: wanted.map(branch => {
      const { shallow, feature } = carryDeepFeatures(model, { branch })
      return { branch, share: share(shallow, [feature]) }
    }),
    cross: kinds.has('cross') ? without(carryCrossAttention(model)) : 0,
    self: kinds.has('self') ? without(carrySelfAttention(model)) : 0,
  }
}

type Rule = (node: NodeProto, inputs: readonly Known[], output: Known) => number

const count = (dims: readonly Dim[] | undefined): number =>
  dims?.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : Number.NaN), 1) ?? Number.NaN

/** Each output is a sum over the weight's axes but the first. */
const convolution: Rule = (_, [, weight = {}], output) => count(output.shape) * count(weight.shape?.slice(1))
const quantizedConvolution: Rule = (node, inputs, output) => convolution(node, [{}, inputs[3] ?? {}], output)
/** Each output is a sum over the last axis of the first operand. */
const product: Rule = (_, [a = {}], output) => count(output.shape) * count(a.shape?.slice(-1))

const rules: Readonly<Record<string, Rule>> = {
  Conv: convolution,
  FusedConv: convolution,
  NhwcConv: convolution,
  NhwcFusedConv: convolution,
  ConvInteger: convolution,
  QLinearConv: quantizedConvolution,
  // Each input is multiplied with the weight's axes but the first.
  ConvTranspose: (_, [x = {}, weight = {}]) => count(x.shape) * count(weight.shape?.slice(1)),
  MatMul: product,
  FusedMatMul: (node, [a = {}], output) =>
    count(output.shape) * count([int(node, 'transA') === 1 ? a.shape?.at(-2) : a.shape?.at(-1)]),
  MatMulInteger: product,
  MatMulIntegerToFloat: product,
  DynamicQuantizeMatMul: product,
  QLinearMatMul: product,
  MatMulNBits: product,
  Gemm: (node, [a = {}], output) =>
    count(output.shape) * count([int(node, 'transA') === 1 ? a.shape?.[0] : a.shape?.[1]]),
  FusedGemm: (node, inputs, output) => rules.Gemm!(node, inputs, output),
  // Queries with keys, and probabilities with values: queries [batch, length, width], keys of another length.
  MultiHeadAttention: (_, [q = {}, k = {}], output) => {
    const packed = q.shape?.length === 5
    const keys = packed ? q.shape![1] : k.shape?.length === 4 ? k.shape[2] : k.shape?.[1]
    return 2 * count(output.shape) * count([keys])
  },
  // Weights are packed, so the projections come with it.
  Attention: (_, [x = {}, weight = {}], output) =>
    count(x.shape) * count(weight.shape?.slice(1)) + 2 * count(output.shape) * count([x.shape?.[1]]),
}
