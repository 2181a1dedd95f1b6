import { int } from './attributes.ts'
import type { NodeProto } from './generated/onnx-ml_pb.ts'
import { count, type Dim } from './infer/known.ts'
import { isConvolution, isLinear } from './trace.ts'

type Shape = readonly Dim[] | undefined

/** Multiply-adds of a node: 0 for nodes that are neither products nor convolutions, `undefined` if sizes are unknown. */
export function multiplyAdds(node: NodeProto, shapeOf: (value: string) => Shape): number | undefined {
  const inputs = node.input.map(shapeOf)
  const output = shapeOf(node.output[0] ?? '')
  if (isConvolution(node)) return convolution(node.opType, inputs, output)
  if (node.opType === 'ConvTranspose') return product(count(inputs[0]), count(inputs[1]?.slice(1)))
  if (isLinear(node) || node.opType === 'MatMulInteger') return product(count(output), depth(node, inputs))
  if (node.opType === 'MultiHeadAttention' || node.opType === 'Attention') return attention(node, inputs, output)
  return 0
}

function convolution(operator: string, inputs: readonly Shape[], output: Shape): number | undefined {
  const weights = inputs[operator === 'QLinearConv' ? 3 : 1]
  return product(count(output), count(weights?.slice(1)))
}

/** The length of the sums in a matrix product. */
function depth(node: NodeProto, inputs: readonly Shape[]): Dim {
  const [a] = inputs
  return int(node, 'transA') === 1 ? a?.at(-2) : a?.at(-1)
}

/** Scores and weighted sum are 2 · queries · keys · width. Some nodes include the projection before that. */
function attention(node: NodeProto, [x, second]: readonly Shape[], output: Shape): number | undefined {
  const projects = node.opType === 'Attention' && node.domain === 'com.microsoft'
  const projection = projects ? product(count(x), second?.[1]) : 0
  const keys = projects || second === undefined ? x?.[1] : second.at(second.length === 4 ? -2 : 1)
  const core = product(count(output), keys)
  return projection === undefined || core === undefined ? undefined : projection + 2 * core
}

function product(a: Dim, b: Dim): number | undefined {
  return typeof a === 'number' && typeof b === 'number' ? a * b : undefined
}
