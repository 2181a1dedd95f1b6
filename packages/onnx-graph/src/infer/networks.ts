import { int, ints, text } from '../attributes.ts'
import { elementType } from '../element-type.ts'
import type { NodeProto } from '../generated/onnx-ml_pb.ts'
import { broadcast, floorDivide } from './dims.ts'
import { type Dim, fromFront, type Known, numbers, type Rule } from './known.ts'

/** Rules for the operators with weights, and for pooling, reduction and quantization. */
export const networks: Readonly<Record<string, Rule>> = {
  Conv: ({ node, inputs: [x = {}, w = {}] }) => [{ type: x.type, shape: convolved(node, x.shape, w.shape) }],
  ConvTranspose: ({ node, inputs: [x = {}, w = {}] }) => {
    const spatial = (x.shape?.length ?? 2) - 2
    const { strides, pads, dilations, kernel } = window(node, spatial, w.shape)
    const extra = ints(node, 'output_padding')
    const same = text(node, 'auto_pad') ?? 'NOTSET'
    const channels = w.shape?.[1]
    const shape = x.shape?.map((dim, axis) => {
      const at = axis - 2
      if (axis === 0) return dim
      if (axis === 1) return typeof channels === 'number' ? channels * (int(node, 'group') ?? 1) : undefined
      const size = kernel[at]
      if (typeof dim !== 'number' || typeof size !== 'number' || same !== 'NOTSET') return undefined
      const reach = dilations[at]! * (size - 1) + 1
      return strides[at]! * (dim - 1) + (extra?.[at] ?? 0) + reach - pads[at]! - pads[at + spatial]!
    })
    return [{ type: x.type, shape }]
  },
  MatMul: ({ inputs: [a = {}, b = {}] }) => [{ type: a.type, shape: multiplied(a.shape, b.shape) }],
  Gemm: ({ node, inputs: [a = {}, b = {}] }) => {
    const rows = a.shape?.[int(node, 'transA') === 1 ? 1 : 0]
    const columns = b.shape?.[int(node, 'transB') === 1 ? 0 : 1]
    return [{ type: a.type, shape: [rows, columns] }]
  },
  Einsum: ({ node, inputs }) => {
    const [left = '', right] = (text(node, 'equation') ?? '').replaceAll(' ', '').split('->')
    if (right === undefined || left.includes('.')) return [{ type: inputs[0]?.type }]
    const sizes = new Map<string, Dim>()
    for (const [at, labels] of left.split(',').entries()) {
      for (const [axis, label] of [...labels].entries()) sizes.set(label, inputs[at]?.shape?.[axis] ?? sizes.get(label))
    }
    return [{ type: inputs[0]?.type, shape: [...right].map(label => sizes.get(label)) }]
  },
  MaxPool: pooling,
  AveragePool: pooling,
  LpPool: pooling,
  GlobalAveragePool: global,
  GlobalMaxPool: global,
  ReduceMean: reduction,
  ReduceSum: reduction,
  ReduceMax: reduction,
  ReduceMin: reduction,
  ReduceProd: reduction,
  ReduceL1: reduction,
  ReduceL2: reduction,
  ReduceSumSquare: reduction,
  ArgMax: call => [{ ...reduction(call)[0], type: 'int64' }],
  ArgMin: call => [{ ...reduction(call)[0], type: 'int64' }],
  QuantizeLinear: ({ node, inputs: [x = {}, , zero = {}] }) => [
    { type: elementType(int(node, 'output_dtype') ?? 0) ?? zero.type ?? 'uint8', shape: x.shape },
  ],
  DequantizeLinear: ({ inputs: [x = {}, scale = {}] }) => [{ type: scale.type ?? 'float32', shape: x.shape }],
  DynamicQuantizeLinear: ({ inputs: [x = {}] }) => [
    { type: 'uint8', shape: x.shape },
    { type: 'float32', shape: [] },
    { type: 'uint8', shape: [] },
  ],
  MatMulInteger: ({ inputs: [a = {}, b = {}] }) => [{ type: 'int32', shape: multiplied(a.shape, b.shape) }],
  ConvInteger: ({ node, inputs: [x = {}, w = {}] }) => [{ type: 'int32', shape: convolved(node, x.shape, w.shape) }],
  QLinearConv: ({ node, inputs }) => [
    { type: inputs[7]?.type ?? inputs[0]?.type, shape: convolved(node, inputs[0]?.shape, inputs[3]?.shape) },
  ],
  QLinearMatMul: ({ inputs }) => [
    { type: inputs[7]?.type ?? inputs[0]?.type, shape: multiplied(inputs[0]?.shape, inputs[3]?.shape) },
  ],
  // ONNX's attention of opset 23: queries [batch, heads, length, size] or [batch, length, heads·size].
  Attention: ({ node, inputs: [q = {}, , v = {}] }) => {
    const heads = { query: int(node, 'q_num_heads'), value: int(node, 'kv_num_heads') }
    const width = v.shape?.at(-1)
    if (q.shape?.length === 4) return [{ type: q.type, shape: q.shape.with(3, width) }]
    const size =
      typeof width === 'number' && heads.query && heads.value ? (width / heads.value) * heads.query : undefined
    return [{ type: q.type, shape: q.shape?.length === 3 ? q.shape.with(2, size) : undefined }]
  },
}

/** The shape of a convolution, with channels second, or last if `channelsLast`. */
export function convolved(
  node: NodeProto,
  x: readonly Dim[] | undefined,
  w: readonly Dim[] | undefined,
  channelsLast = false,
): readonly Dim[] | undefined {
  if (x === undefined) return undefined
  const spatial = x.length - 2
  const { strides, pads, dilations, kernel } = window(node, spatial, w, channelsLast)
  const same = text(node, 'auto_pad') ?? 'NOTSET'
  return x.map((dim, axis) => {
    if (axis === 0) return dim
    if (axis === (channelsLast ? x.length - 1 : 1)) return w?.[0]
    const at = axis - (channelsLast ? 1 : 2)
    const size = kernel[at]
    const stride = strides[at]!
    if (same.startsWith('SAME')) return floorDivide(dim, stride - 1, stride)
    if (typeof size !== 'number' || stride < 1) return undefined
    const padding = same === 'VALID' ? 0 : pads[at]! + pads[at + spatial]!
    return floorDivide(dim, padding - dilations[at]! * (size - 1) - 1 + stride, stride)
  })
}

function window(node: NodeProto, spatial: number, w: readonly Dim[] | undefined, channelsLast = false) {
  const ones = Array<number>(spatial).fill(1)
  return {
    strides: ints(node, 'strides') ?? ones,
    dilations: ints(node, 'dilations') ?? ones,
    pads: ints(node, 'pads') ?? Array<number>(2 * spatial).fill(0),
    kernel: ints(node, 'kernel_shape') ?? (channelsLast ? w?.slice(1, -1) : w?.slice(2)) ?? [],
  }
}

/** The shape of a matrix product with broadcast batch axes. */
export function multiplied(a: readonly Dim[] | undefined, b: readonly Dim[] | undefined): readonly Dim[] | undefined {
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return undefined
  if (b.length === 1) return a.slice(0, -1)
  if (a.length === 1) return [...b.slice(0, -2), b.at(-1)]
  return [...broadcast([a.slice(0, -2), b.slice(0, -2)])!, a.at(-2), b.at(-1)]
}

function pooling({ node, inputs: [x = {}] }: Parameters<Rule>[0]): readonly Known[] {
  const rounding = int(node, 'ceil_mode') === 1 ? undefined : convolved(node, x.shape, [x.shape?.[1]])
  const shape = rounding ?? x.shape?.map((dim, axis) => (axis < 2 ? dim : undefined))
  return [
    { type: x.type, shape },
    { type: 'int64', shape },
  ]
}

function global({ inputs: [x = {}] }: Parameters<Rule>[0]): readonly Known[] {
  return [{ type: x.type, shape: x.shape?.map((dim, axis) => (axis < 2 ? dim : 1)) }]
}

function reduction({ node, inputs: [x = {}, axesInput = {}] }: Parameters<Rule>[0]): readonly Known[] {
  const one = int(node, 'axis')
  const axes = ints(node, 'axes') ?? numbers(axesInput) ?? (one === undefined ? undefined : [one])
  if (axes === undefined && axesInput.type !== undefined) return [{ type: x.type }]
  const all = axes === undefined || axes.length === 0
  if (all && int(node, 'noop_with_empty_axes') === 1) return [x]
  const rank = x.shape?.length ?? 0
  const places = axes?.map(axis => fromFront(axis, rank))
  const goes = (axis: number) => all || places!.includes(axis)
  const kept = int(node, 'keepdims') !== 0
  const shape = kept ? x.shape?.map((dim, axis) => (goes(axis) ? 1 : dim)) : x.shape?.filter((_, axis) => !goes(axis))
  return [{ type: x.type, shape }]
}
