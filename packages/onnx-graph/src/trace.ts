import type { NodeProto } from './generated/onnx-ml_pb.ts'
import type { Index } from './graph.ts'

/** Operators that leave the numbers of a tensor as they are, up to their order or precision. */
const transparent: ReadonlySet<string> = new Set([
  'Identity',
  'Cast',
  'Transpose',
  'QuantizeLinear',
  'DequantizeLinear',
  'Dropout',
])

/** Operators whose output says nothing of the numbers in their input. */
const shapeOnly: ReadonlySet<string> = new Set(['Shape', 'Size'])

/** Operators that multiply by a matrix of weights. */
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

/** The value that a value is a cast, transposed or quantized copy of. */
export function origin(index: Index, value: string): string {
  let name = value
  for (;;) {
    const place = index.producer.get(name)
    const node = place === undefined ? undefined : index.nodes[place]!
    if (node === undefined || !isTransparent(node) || node.input[0] === undefined) return name
    name = node.input[0]
  }
}

/** For each node, whether its numbers depend on those that one of the nodes picked makes. Shapes do not count. */
export function downstream(index: Index, picked: (node: NodeProto) => boolean): readonly boolean[] {
  const marked: boolean[] = []
  for (const [place, node] of index.nodes.entries()) {
    const depends =
      !shapeOnly.has(node.opType) && index.reads[place]!.some(name => marked[index.producer.get(name) ?? -1])
    marked.push(depends || picked(node))
  }
  return marked
}

/** Whether the numbers of `value` depend on those that the node at `ancestor` makes. Shapes do not count. */
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

/** The first nodes downstream of a value that `wanted` accepts, reached through nodes that `through` accepts only. */
export function next(
  index: Index,
  value: string,
  wanted: (node: NodeProto, place: number) => boolean,
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
      if (wanted(node, place)) found.push(place)
      else if (through(node, place)) open.push(...node.output)
    }
  }
  return found.sort((a, b) => a - b)
}
