import { bodies, int } from './attributes.ts'
import { node } from './build.ts'
import type { ElementType } from './element-type.ts'
import { throughGates } from './gates.ts'
import type { ModelProto, NodeProto } from './generated/onnx-ml_pb.ts'
import { infer } from './infer/infer.ts'
import { type Known, numbers } from './infer/known.ts'
import { changed } from './proto.ts'
import { slice } from './slice.ts'
import { tensor } from './tensors.ts'

/** Types whose numbers can be written as constants without loss. */
const foldable: ReadonlySet<ElementType | undefined> = new Set([
  'float32',
  'float64',
  'int64',
  'int32',
  'bool',
] as const)

/**
 * Replaces values that follow from constants and fixed sizes alone by constants. TorchScript's exports calculate the scale of
 * every attention from the shape of its queries on the CPU, which costs a copy to the device each time on a GPU. The constants are
 * the numbers that the nodes would compute, rounded to their type at every step.
 *
 * These exports also calculate the target shape of every `Reshape` from other shapes, with a third of all nodes. If each size of
 * the target shape is fixed or the input's size at the same place, except for one at most, a constant replaces it for all sizes of
 * the model's inputs.
 *
 * Weights are never folded, only values of up to 256 elements that come from shapes and small constants.
 */
export function foldConstants(model: ModelProto): ModelProto {
  return throughGates(model, flat => {
    const inferred = infer(flat)
    const targetShapes = new Map<string, NodeProto>()
    const reshape = (original: NodeProto): NodeProto => {
      const sizes = reshapeSizes(original, inferred)
      if (sizes === undefined) return original
      const name = `fewstep.reshape ${sizes.join(' ')}`
      const constant = { value: { tensor: tensor('', 'int64', [sizes.length], sizes) } }
      if (!targetShapes.has(name)) targetShapes.set(name, node('Constant', [], [name], constant))
      return changed(original, { input: [original.input[0]!, name] })
    }
    const outputs = new Set(flat.graph!.output.map(({ name }) => name))
    const constant = (original: NodeProto): NodeProto => {
      const [name] = original.output
      const value = inferred.get(name ?? '')
      const elements = numbers(value)
      const fixed = value?.shape?.every(dim => typeof dim === 'number')
      const plain = original.opType !== 'Constant' && original.output.length === 1 && bodies(original).length === 0
      if (!plain || outputs.has(name!) || elements === undefined || !fixed || !foldable.has(value?.type))
        return original
      const folded = tensor('', value!.type!, value!.shape as readonly number[], elements)
      return node('Constant', [], [name!], { value: { tensor: folded } }, { name: original.name })
    }
    const nodes = flat.graph!.node.map(original => reshape(constant(original)))
    const graph = changed(flat.graph!, { node: [...targetShapes.values(), ...nodes] })
    // Removes nodes that nothing reads any more. The inputs stay, so callers feed the same inputs as before.
    const swept = slice(changed(flat, { graph }))
    return changed(swept, { graph: changed(swept.graph!, { input: graph.input }) })
  })
}

/**
 * The target shape of a `Reshape` as constants: 0 for the input's size at the same place, -1 for one other size. `undefined` if
 * it has more than one other size.
 */
function reshapeSizes(original: NodeProto, inferred: ReadonlyMap<string, Known>): readonly number[] | undefined {
  if (original.opType !== 'Reshape' || original.domain !== '' || int(original, 'allowzero') === 1) return undefined
  const [from, to] = original.input.map(name => inferred.get(name))
  if (to?.value === undefined || numbers(to) !== undefined) return undefined
  const sizes = to.value.map((size, at) => {
    if (typeof size === 'number') return size
    return size !== undefined && size === from?.shape?.[at] ? 0 : -1
  })
  return sizes.filter(size => size === -1).length > 1 ? undefined : sizes
}
