import { float, floats, int, ints, tensorAttribute } from '../attributes.ts'
import { elementType } from '../element-type.ts'
import type { TensorProto } from '../generated/onnx-ml_pb.ts'
import { elements } from '../tensors.ts'
import { add, broadcast, floorDivide, multiply, quotient } from './dims.ts'
import { count, type Dim, fromFront, type Known, numbers, type Rule, scalar, smallValue } from './known.ts'

/** Type, shape and small elements of a weight or constant. */
export function ofTensor(tensor: TensorProto): Known {
  const value = elements(tensor, smallValue)
  return { type: elementType(tensor.dataType), shape: tensor.dims.map(Number), ...(value && { value }) }
}

/** Rules for the operators that create, read and change shapes. */
export const shapes: Readonly<Record<string, Rule>> = {
  Constant: ({ node }) => {
    const tensor = tensorAttribute(node, 'value')
    if (tensor !== undefined) return [ofTensor(tensor)]
    const [oneFloat, oneInt] = [float(node, 'value_float'), int(node, 'value_int')]
    if (oneFloat !== undefined) return [{ type: 'float32', shape: [], value: [oneFloat] }]
    if (oneInt !== undefined) return [{ type: 'int64', shape: [], value: [oneInt] }]
    const [manyFloats, manyInts] = [floats(node, 'value_floats'), ints(node, 'value_ints')]
    if (manyFloats !== undefined) return [{ type: 'float32', shape: [manyFloats.length], value: manyFloats }]
    if (manyInts !== undefined) return [{ type: 'int64', shape: [manyInts.length], value: manyInts }]
    return [{}]
  },
  ConstantOfShape: ({ node, inputs: [shape = {}] }) => {
    const fill = tensorAttribute(node, 'value')
    const { type = 'float32', value = [0] } = fill === undefined ? {} : ofTensor(fill)
    const size = count(shape.value)
    const filled = size !== undefined && size <= smallValue ? Array<Dim>(size).fill(value[0]) : undefined
    return [{ type, shape: asShape(shape), value: filled }]
  },
  Shape: ({ node, inputs: [x = {}] }) => {
    const dims = x.shape?.slice(int(node, 'start') ?? 0, int(node, 'end'))
    return [{ type: 'int64', shape: [dims?.length], value: dims }]
  },
  Size: ({ inputs: [x = {}] }) => [
    { type: 'int64', shape: [], value: [x.shape?.reduce<Dim>((size, dim) => multiply(size, dim), 1)] },
  ],
  Gather: ({ node, inputs: [data = {}, indices = {}] }) => {
    const axis = fromFront(int(node, 'axis') ?? 0, data.shape?.length ?? 0)
    const shape = indices.shape && data.shape?.toSpliced(axis, 1, ...indices.shape)
    const places = numbers(indices)
    const value = places && picked(data, axis, places)
    return [{ type: data.type, shape, value }]
  },
  Slice: ({ node, inputs: [data = {}, ...given] }) => {
    const legacy = ['starts', 'ends', 'axes'].map(name => ints(node, name))
    const [starts, ends, axes, steps] =
      legacy[0] === undefined ? [0, 1, 2, 3].map(at => numbers(given[at])) : [...legacy, undefined]
    if (data.shape === undefined) return [{ type: data.type }]
    const shape: Dim[] = [...data.shape]
    const changedAxes = axes ?? (given[2]?.type === undefined ? starts?.map((_, at) => at) : undefined)
    if (starts === undefined || ends === undefined || changedAxes === undefined) {
      return [{ type: data.type, shape: changedAxes ? withUnknown(shape, changedAxes) : shape.map(() => undefined) }]
    }
    let { value } = data
    for (const [at, axis] of changedAxes.entries()) {
      const place = fromFront(axis, shape.length)
      const [start, end, step] = [starts[at]!, ends[at]!, steps?.[at] ?? 1]
      const range = sliceOf(shape[place], start, end, step)
      const places = value && range && Array.from({ length: range.size }, (_, n) => range.first + n * step)
      value = places && picked({ shape, value }, place, places)
      if (!keepsAll(shape[place], start, end, step)) shape[place] = range?.size
    }
    return [{ type: data.type, shape, value }]
  },
  Concat: ({ node, inputs }) => {
    const [first] = inputs
    const rank = inputs.find(({ shape }) => shape !== undefined)?.shape?.length ?? 0
    const axis = fromFront(int(node, 'axis') ?? 0, rank)
    const knownShapes = inputs.map(({ shape }) => shape).filter(shape => shape !== undefined)
    const shape = Array.from({ length: rank }, (_, at) =>
      at === axis
        ? inputs.reduce<Dim>((sum, input) => add(sum, input.shape?.[axis]), 0)
        : (knownShapes.find(dims => typeof dims[at] === 'number') ?? knownShapes[0])?.[at],
    )
    const joined = rank === 1 && inputs.every(({ value }) => value !== undefined)
    const value = joined ? inputs.flatMap(input => input.value!) : undefined
    const type = first?.type ?? inputs.find(input => input.type !== undefined)?.type
    return [
      {
        type,
        shape: knownShapes.length > 0 ? shape : undefined,
        value: value && value.length <= smallValue ? value : undefined,
      },
    ]
  },
  Unsqueeze: ({ node, inputs: [x = {}, axesInput] }) => {
    const axes = ints(node, 'axes') ?? numbers(axesInput)
    if (x.shape === undefined || axes === undefined) return [{ type: x.type, value: x.value }]
    const rank = x.shape.length + axes.length
    const places = new Set(axes.map(axis => fromFront(axis, rank)))
    const rest = [...x.shape]
    const shape = Array.from({ length: Math.min(rank, 64) }, (_, at) => (places.has(at) ? 1 : rest.shift()))
    return [{ type: x.type, shape, value: x.value }]
  },
  Squeeze: ({ node, inputs: [x = {}, axesInput = {}] }) => {
    const axes = ints(node, 'axes') ?? numbers(axesInput)
    if (x.shape === undefined) return [{ type: x.type, value: x.value }]
    if (axes === undefined && axesInput.type !== undefined) return [{ type: x.type, value: x.value }]
    const places = axes?.map(axis => fromFront(axis, x.shape!.length))
    const shape = x.shape.filter((dim, at) => (places === undefined ? dim !== 1 : !places.includes(at)))
    return [{ type: x.type, shape, value: x.value }]
  },
  Reshape: ({ node, inputs: [x = {}, target = {}] }) => {
    const copies = int(node, 'allowzero') !== 1
    const targetShape = target.value ?? ints(node, 'shape') ?? unknownOf(target)
    const dims = targetShape?.map((dim, at) => (dim === 0 && copies ? x.shape?.[at] : dim))
    const open = dims?.indexOf(-1) ?? -1
    const others = dims?.filter((_, at) => at !== open)
    const shape = open === -1 ? dims : dims!.with(open, x.shape === undefined ? undefined : quotient(x.shape, others!))
    return [{ type: x.type, shape, value: x.value }]
  },
  Flatten: ({ node, inputs: [x = {}] }) => {
    const axis = fromFront(int(node, 'axis') ?? 1, x.shape?.length ?? 0)
    const product = (dims: readonly Dim[]) => dims.reduce<Dim>((size, dim) => multiply(size, dim), 1)
    return [{ type: x.type, shape: x.shape && [product(x.shape.slice(0, axis)), product(x.shape.slice(axis))] }]
  },
  Transpose: ({ node, inputs: [x = {}] }) => {
    const order = ints(node, 'perm') ?? x.shape?.map((_, at) => x.shape!.length - 1 - at)
    const shape = x.shape && order?.map(axis => x.shape![axis])
    const matrix = x.shape?.length === 2 && order?.[0] === 1 && typeof x.shape[1] === 'number'
    const columns = matrix ? Array.from({ length: x.shape[1] as number }, (_, at) => picked(x, 1, [at])) : []
    const value = matrix && x.value ? columns.flatMap(column => column ?? []) : undefined
    return [{ type: x.type, shape, value: order?.length === 1 ? x.value : value }]
  },
  Expand: ({ inputs: [x = {}, target = {}] }) => {
    const shape = broadcast([x.shape, asShape(target)])
    const single = scalar(x)
    const size = count(shape)
    const filled = single !== undefined && size !== undefined && size <= smallValue
    return [{ type: x.type, shape, value: filled ? Array<Dim>(size).fill(single) : undefined }]
  },
  Tile: ({ inputs: [x = {}, repeats = {}] }) => [
    { type: x.type, shape: x.shape?.map((dim, at) => multiply(dim, repeats.value?.[at])) },
  ],
  Split: ({ node, inputs: [x = {}, sizes] }) => {
    const parts = node.output.length
    const axis = fromFront(int(node, 'axis') ?? 0, x.shape?.length ?? 0)
    const given = ints(node, 'split') ?? sizes?.value
    return node.output.map((_, part) => ({
      type: x.type,
      shape: x.shape?.with(axis, given === undefined ? quotient([x.shape[axis]], [parts]) : given[part]),
    }))
  },
  Range: ({ inputs: [start = {}, limit = {}, delta = {}] }) => {
    const [from, to, by] = [scalar(start), scalar(limit), scalar(delta)]
    const size =
      typeof from === 'number' && typeof to === 'number' && typeof by === 'number' && by !== 0
        ? Math.max(0, Math.ceil((to - from) / by))
        : from === 0 && by === 1
          ? to
          : undefined
    const small = typeof size === 'number' && size <= smallValue
    const value = small ? Array.from({ length: size }, (_, at) => (from as number) + at * (by as number)) : undefined
    return [{ type: start.type ?? limit.type, shape: [size], value }]
  },
  Pad: ({ node, inputs: [x = {}, padsInput, , axesInput] }) => {
    const pads = ints(node, 'pads') ?? padsInput?.value
    const rank = x.shape?.length ?? 0
    const axes = numbers(axesInput)?.map(axis => fromFront(axis, rank)) ?? x.shape?.map((_, at) => at) ?? []
    const shape = x.shape?.map((dim, at) => {
      const place = axes.indexOf(at)
      return place === -1 ? dim : add(dim, add(pads?.[place], pads?.[place + axes.length]))
    })
    return [{ type: x.type, shape }]
  },
  Resize: ({ node, inputs: [x = {}, ...rest] }) => {
    const [scales, sizes] = rest.length === 1 ? [rest[0], undefined] : [rest[1], rest[2]]
    const axes = ints(node, 'axes')?.map(axis => fromFront(axis, x.shape?.length ?? 0))
    const shape = x.shape?.map((dim, at) => {
      const place = axes === undefined ? at : axes.indexOf(at)
      if (place === -1) return dim
      const [size, scale] = [sizes?.value?.[place], scales?.value?.[place]]
      if (size !== undefined) return size
      if (typeof scale !== 'number') return undefined
      return Number.isInteger(scale)
        ? multiply(dim, scale)
        : typeof dim === 'number'
          ? Math.floor(dim * scale)
          : undefined
    })
    return [{ type: x.type, shape }]
  },
  Upsample: ({ node, inputs: [x = {}, scalesInput] }) => {
    const scales = floats(node, 'scales') ?? numbers(scalesInput)
    return [{ type: x.type, shape: x.shape?.map((dim, at) => multiply(dim, scales?.[at])) }]
  },
  DepthToSpace: ({ node, inputs: [x = {}] }) => {
    const block = int(node, 'blocksize') ?? 1
    const [n, c, h, w] = x.shape ?? []
    return [
      { type: x.type, shape: x.shape && [n, floorDivide(c, 0, block * block), multiply(h, block), multiply(w, block)] },
    ]
  },
  SpaceToDepth: ({ node, inputs: [x = {}] }) => {
    const block = int(node, 'blocksize') ?? 1
    const [n, c, h, w] = x.shape ?? []
    return [
      {
        type: x.type,
        shape: x.shape && [n, multiply(c, block * block), floorDivide(h, 0, block), floorDivide(w, 0, block)],
      },
    ]
  },
}

function asShape(target: Known): readonly Dim[] | undefined {
  return target.value ?? unknownOf(target)
}

/** Unknown sizes, as many as the value that holds the shape has elements. */
function unknownOf(target: Known): readonly Dim[] | undefined {
  const rank = target.shape?.[0]
  return typeof rank === 'number' && rank <= 64 ? Array<Dim>(rank).fill(undefined) : undefined
}

function withUnknown(shape: readonly Dim[], axes: readonly number[]): readonly Dim[] {
  const places = axes.map(axis => fromFront(axis, shape.length))
  return shape.map((dim, at) => (places.includes(at) ? undefined : dim))
}

function keepsAll(dim: Dim, start: number, end: number, step: number): boolean {
  return start === 0 && step === 1 && (end >= 2 ** 31 - 1 || end === dim)
}

/** The first place that a slice picks along an axis of known size, and how many places it picks. */
function sliceOf(dim: Dim, start: number, end: number, step: number) {
  if (typeof dim !== 'number' || step === 0) return undefined
  const [lowest, highest] = step < 0 ? [-1, dim - 1] : [0, dim]
  const inside = (at: number) => Math.min(Math.max(at < 0 ? at + dim : at, lowest), highest)
  return { first: inside(start), size: Math.max(0, Math.ceil((inside(end) - inside(start)) / step)) }
}

/** The elements of a small tensor at some places along an axis. */
function picked({ shape, value }: Known, axis: number, places: readonly number[]): readonly Dim[] | undefined {
  const size = shape?.[axis]
  if (value === undefined || typeof size !== 'number' || places.length > smallValue) return undefined
  const inner = count(shape!.slice(axis + 1)) ?? 1
  const outer = count(shape!.slice(0, axis)) ?? 1
  const chunk = (from: number, place: number) => {
    const start = (from * size + fromFront(place, size)) * inner
    return value.slice(start, start + inner)
  }
  return Array.from({ length: outer }, (_, from) => places.flatMap(place => chunk(from, place))).flat()
}
