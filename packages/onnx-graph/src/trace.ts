import type { NodeProto } from './generated/onnx-ml_pb.ts'
import type { Index } from './graph.ts'

/** Operators that do not change the numbers of a tensor, except for their order or precision. */
const transparent: ReadonlySet<string> = new Set([
  'Identity',
  'Cast',
  'Transpose',
  'QuantizeLinear',
  'DequantizeLinear',
  'Dropout',
])

/** Operators whose output depends only on the shape of their input, not on its numbers. */
const shapeOnly: ReadonlySet<string> = new Set(['Shape', 'Size'])

/** Operators that are matrix products. */
const linear: ReadonlySet<string> = new Set([
  'MatMul',
  'Gemm',
  'FusedMatMul',
  'FusedGemm',
  'QLinearMatMul',
  'MatMulNBits',
])

/** Operators that convolve. */
const convolution: ReadonlySet<string> = new Set([
  'Conv',
  'FusedConv',
  'NhwcConv',
  'NhwcFusedConv',
  'QLinearConv',
  'ConvInteger',
])

export function isTransparent({ opType }: NodeProto): boolean {
  return transparent.has(opType)
}

export function isLinear({ opType }: NodeProto): boolean {
  return linear.has(opType)
}

export function isConvolution({ opType }: NodeProto): boolean {
  return convolution.has(opType)
}

/** The original of a value that is a cast, transposed or quantized copy. */
export function origin(index: Index, value: string): string {
  let name = value
  for (;;) {
    const place = index.producer.get(name)
    const node = place === undefined ? undefined : index.nodes[place]!
    if (node === undefined || !isTransparent(node) || node.input[0] === undefined) return name
    name = node.input[0]
  }
}

/** For each node, whether its numbers depend on those of a picked node. Shapes do not count. */
export function downstream(index: Index, picked: (node: NodeProto) => boolean): readonly boolean[] {
  const marked: boolean[] = []
  for (const [place, node] of index.nodes.entries()) {
    const depends =
      !shapeOnly.has(node.opType) && index.reads[place]!.some(name => marked[index.producer.get(name) ?? -1])
    marked.push(depends || picked(node))
  }
  return marked
}

/** Whether the numbers of `value` depend on those that the node at `ancestor` computes. Shapes do not count. */
export function dependsOn(index: Index, value: string, ancestor: number): boolean {
  const seen = new Set<number>()
  const open = [value]
  while (open.length > 0) {
    const place = index.producer.get(open.pop()!)
    if (place === undefined || place < ancestor || seen.has(place)) continue
    if (place === ancestor) return true
    seen.add(place)
    if (!shapeOnly.has(index.nodes[place]!.opType)) open.push(...index.reads[place]!)
  }
  return false
}

/** The first nodes downstream of a value that `matches` accepts, reached only through nodes that `through` accepts. */
export function next(
  index: Index,
  value: string,
  matches: (node: NodeProto, place: number) => boolean,
  through: (node: NodeProto, place: number) => boolean,
): readonly number[] {
  const found: number[] = []
  const seen = new Set<number>()
  const open = [value]
  while (open.length > 0) {
    for (const place of index.readers.get(open.pop()!) ?? []) {
      if (seen.has(place)) continue
      seen.add(place)
      const node = index.nodes[place]!
      if (matches(node, place)) found.push(place)
      else if (through(node, place)) open.push(...node.output)
    }
  }
  return found.sort((a, b) => a - b)
}
