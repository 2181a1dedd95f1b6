import { int, ints } from '../attributes.ts'
import { broadcast, floorDivide, multiply } from './dims.ts'
import type { Dim, Rule } from './known.ts'
import { convolved, multiplied, networks } from './networks.ts'
import { shapes } from './shapes.ts'

const same: Rule = ({ inputs: [x = {}] }) => [{ type: x.type, shape: x.shape }]

/** Halves the last axis, as gated linear units do. */
const halved: Rule = ({ inputs: [x = {}] }) => [
  { type: x.type, shape: x.shape?.with(-1, floorDivide(x.shape.at(-1), 0, 2)) },
]

/** Rules for the operators of ONNX Runtime's operator set `com.microsoft` that its optimizers put into U-Nets. */
export const microsoft: Readonly<Record<string, Rule>> = {
  BiasGelu: same,
  FastGelu: same,
  Gelu: same,
  QuickGelu: same,
  BiasAdd: same,
  GroupNorm: same,
  BiasSplitGelu: halved,
  NhwcMaxPool: ({ node, inputs: [x = {}] }) => [
    { type: x.type, shape: convolved(node, x.shape, [x.shape?.at(-1)], true) },
  ],
  SkipGroupNorm: ({ inputs: [x = {}] }) => [
    { type: x.type, shape: x.shape },
    { type: x.type, shape: x.shape },
  ],
  SkipLayerNormalization: skipNormalization,
  SkipSimplifiedLayerNormalization: skipNormalization,
  NhwcConv: ({ node, inputs: [x = {}, w = {}] }) => [{ type: x.type, shape: convolved(node, x.shape, w.shape, true) }],
  FusedConv: networks.Conv!,
  NhwcFusedConv: ({ node, inputs: [x = {}, w = {}] }) => [
    { type: x.type, shape: convolved(node, x.shape, w.shape, true) },
  ],
  FusedGemm: networks.Gemm!,
  FusedMatMul: ({ node, inputs: [a = {}, b = {}] }) => {
    const turned = (shape: readonly Dim[] | undefined, name: string) =>
      shape !== undefined && int(node, name) === 1 ? [...shape.slice(0, -2), shape.at(-1), shape.at(-2)] : shape
    return [{ type: a.type, shape: multiplied(turned(a.shape, 'transA'), turned(b.shape, 'transB')) }]
  },
  // Queries [batch, length, heads·size], or packed [batch, length, heads, 3, size]. Values have the shape of keys, or are packed too.
  MultiHeadAttention: ({ node, inputs: [q = {}, k = {}, v = {}] }) => {
    const heads = int(node, 'num_heads')
    const packed = q.shape?.length === 5
    const width = packed
      ? multiply(q.shape![2], q.shape![4])
      : v.shape?.length === 3
        ? v.shape[2]
        : v.shape?.length === 4
          ? multiply(v.shape[1], v.shape[3])
          : k.shape?.length === 5
            ? multiply(k.shape[2], k.shape[4])
            : multiply(heads, undefined)
    return [{ type: q.type, shape: q.shape && [q.shape[0], q.shape[1], width] }]
  },
  Attention: ({ node, inputs: [x = {}, w = {}] }) => {
    const sizes = ints(node, 'qkv_hidden_sizes')
    return [{ type: x.type, shape: x.shape && [x.shape[0], x.shape[1], sizes?.[2] ?? floorDivide(w.shape?.[1], 0, 3)] }]
  },
  PackedMultiHeadAttention: same,
  QuantizeLinear: networks.QuantizeLinear!,
  DequantizeLinear: networks.DequantizeLinear!,
  QLinearAdd: ({ inputs }) => [{ type: inputs[0]?.type, shape: broadcast([inputs[0]?.shape, inputs[3]?.shape]) }],
  QLinearMul: ({ inputs }) => [{ type: inputs[0]?.type, shape: broadcast([inputs[0]?.shape, inputs[3]?.shape]) }],
  QLinearSigmoid: same,
  QLinearConcat: ({ node, inputs, ...call }) => {
    // Scale and zero point of the result come first, then each operand with its scale and zero point.
    const parts = inputs.slice(2).filter((_, at) => at % 3 === 0)
    return shapes.Concat!({ node, inputs: parts, ...call })
  },
  MatMulIntegerToFloat: ({ inputs: [a = {}, b = {}, scale = {}] }) => [
    { type: scale.type, shape: multiplied(a.shape, b.shape) },
  ],
  DynamicQuantizeMatMul: ({ inputs: [a = {}, b = {}] }) => [{ type: a.type, shape: multiplied(a.shape, b.shape) }],
  MatMulNBits: ({ node, inputs: [a = {}] }) => [{ type: a.type, shape: a.shape?.with(-1, int(node, 'N')) }],
}

function skipNormalization({ inputs: [x = {}] }: Parameters<Rule>[0]): ReturnType<Rule> {
  const statistics = { type: 'float32' } as const
  return [{ type: x.type, shape: x.shape }, statistics, statistics, { type: x.type, shape: x.shape }]
}
