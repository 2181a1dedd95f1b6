import { node } from './build.ts'
import { dataType, type ElementType } from './element-type.ts'
import type { NodeProto, TensorProto } from './generated/onnx-ml_pb.ts'
import { tensor } from './tensors.ts'

export type FreeUVersion = 1 | 2

/** A place where FreeU changes the graph: the `Concat` of the backbone's value `main` and the skip connection's value `skip`. */
export type Backbone = {
  readonly main: string
  readonly skip: string
  readonly joined: string
  readonly channels: number
  readonly type: ElementType
  readonly stage: 1 | 2
  readonly opset: number
}

/** Nodes, and the value that they compute. */
type Nodes = { readonly nodes: readonly NodeProto[]; readonly value: string }

/** Collects nodes: each call of `add` appends one and returns the name of its output. */
function writer(prefix: string) {
  const nodes: NodeProto[] = []
  const add = (operator: string, inputs: readonly string[], attributes: Parameters<typeof node>[3] = {}): string => {
    const output = `${prefix}.${nodes.length}`
    nodes.push(node(operator, inputs, [output], attributes, { name: output }))
    return output
  }
  return { nodes, add }
}

/** The nodes that compute b - 1 and s - 1 of a stage. */
export function stageNodes(stage: 1 | 2): readonly NodeProto[] {
  return ['b', 's'].map(strength =>
    node('Sub', [`freeu_${strength}${stage}`, 'freeu.one'], [`freeu.${strength}${stage}_excess`]),
  )
}

/** 1 for the first half of the channels, 0 for the others: [1, channels, 1, 1]. */
export function halfMask(channels: number): TensorProto {
  const half = Math.floor(channels / 2)
  const mask = Float32Array.from({ length: channels }, (_, at) => (at < half ? 1 : 0))
  return tensor(`freeu.half_${channels}`, 'float32', [1, channels, 1, 1], mask)
}

/**
 * The backbone's value, with the first half of its channels times 1 + (b - 1)·n. In version 1, n = 1. In version 2, n is the mean
 * over all channels, scaled to 0 … 1 over each image (equation 4); it is 0 for an image whose mean is the same everywhere.
 */
export function backbone(joint: Backbone, version: FreeUVersion): Nodes {
  const { main, channels, type, stage, opset } = joint
  const { nodes, add } = writer(`${joint.joined}.freeu_backbone`)
  const mask = `freeu.half_${channels}`
  let excess = add('Mul', [mask, `freeu.b${stage}_excess`])
  if (version === 2) {
    const reduce = (operator: string, value: string, axes: readonly number[]) =>
      opset >= 18
        ? add(operator, [value, `freeu.axes_${axes.length}`])
        : add(operator, [value], { axes: { ints: axes } })
    const mean = add('Cast', [reduce('ReduceMean', main, [1])], { to: { int: dataType('float32') } })
    const lowest = reduce('ReduceMin', mean, [1, 2, 3])
    const range = add('Sub', [reduce('ReduceMax', mean, [1, 2, 3]), lowest])
    const varies = add('Greater', [range, 'freeu.zero'])
    const divisor = add('Where', [varies, range, 'freeu.one'])
    const scaled = add('Div', [add('Sub', [mean, lowest]), divisor])
    excess = add('Mul', [excess, scaled])
  }
  const factor = add('Add', [excess, 'freeu.one'])
  const cast = type === 'float32' ? factor : add('Cast', [factor], { to: { int: dataType(type) } })
  return { nodes, value: add('Mul', [main, cast]) }
}

/**
 * A skip connection with its four lowest frequencies times s, the real part of
 * IFFT(FFT(x)·M), M = s at (ky, kx) ∈ {-1, 0}² and 1 elsewhere (equations 5 to 7, threshold 1). In closed form:
 * y = x + (s - 1)/(HW) · E_y (T + J T J) E_xᵀ with T = E_yᵀ x E_x, where the columns of E_y are 1, cos 2πy/H and
 * sin 2πy/H, those of E_x likewise, and J turns cosines into sines. The filter takes four frequencies without their mirror
 * images, so half of each wave remains, mixed with its mirror image in the diagonal ones; the term J T J accounts for that.
 */
export function lowPass(joint: Backbone): Nodes {
  const { skip, type, stage } = joint
  const { nodes, add } = writer(`${joint.joined}.freeu_skip`)
  const float = { to: { int: dataType('float32') } }
  const x = type === 'float32' ? skip : add('Cast', [skip], float)
  const shape = add('Shape', [skip])
  const sizes = [2, 3].map(axis => add('Gather', [shape, `freeu.axis_${axis}`]))
  const waves = sizes.map(cosines)
  const [columns, rows] = waves.map(matrix => add('Transpose', [matrix], { perm: { ints: [1, 0] } }))
  function cosines(size: string): string {
    const length = add('Cast', [size], float)
    const places = add('Cast', [add('Range', ['freeu.from', size, 'freeu.by'])], float)
    const angle = add('Div', [add('Mul', [places, 'freeu.turn']), length])
    const column = add('Unsqueeze', [angle, 'freeu.axis_last'])
    const wave = add('Cos', [add('Add', [add('Mul', [column, 'freeu.frequencies']), 'freeu.phases'])])
    // Along an axis of size 1 the frequencies -1 and 0 are the same, and the constant stands for both.
    const moves = add('Cast', [add('Greater', [size, 'freeu.by'])], float)
    return add('Mul', [wave, add('Max', ['freeu.constant', moves])])
  }
  const transform = add('MatMul', [columns!, add('MatMul', [x, waves[1]!])])
  const mirrored = add('MatMul', ['freeu.quarter_turn', add('MatMul', [transform, 'freeu.quarter_turn'])])
  const area = add('Cast', [add('Mul', sizes)], float)
  const strength = add('Div', [`freeu.s${stage}_excess`, area])
  const kept = add('Mul', [add('Add', [transform, mirrored]), strength])
  const low = add('MatMul', [add('MatMul', [waves[0]!, kept]), rows!])
  const cast = type === 'float32' ? low : add('Cast', [low], { to: { int: dataType(type) } })
  return { nodes, value: add('Add', [skip, cast]) }
}

/** The constants that the nodes of all places share. */
export function freeUWeights(): readonly TensorProto[] {
  return [
    tensor('freeu.one', 'float32', [], [1]),
    tensor('freeu.zero', 'float32', [], [0]),
    tensor('freeu.turn', 'float32', [], [2 * Math.PI]),
    tensor('freeu.frequencies', 'float32', [1, 3], [0, 1, 1]),
    tensor('freeu.phases', 'float32', [1, 3], [0, 0, -Math.PI / 2]),
    tensor('freeu.constant', 'float32', [1, 3], [1, 0, 0]),
    tensor('freeu.quarter_turn', 'float32', [3, 3], [0, 0, 0, 0, 0, 1, 0, -1, 0]),
    tensor('freeu.from', 'int64', [], [0]),
    tensor('freeu.by', 'int64', [], [1]),
    tensor('freeu.axis_2', 'int64', [], [2]),
    tensor('freeu.axis_3', 'int64', [], [3]),
    tensor('freeu.axis_last', 'int64', [1], [1]),
    tensor('freeu.axes_1', 'int64', [1], [1]),
    tensor('freeu.axes_3', 'int64', [3], [1, 2, 3]),
  ]
}
