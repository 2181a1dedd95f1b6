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

/** Types whose numbers are written down exactly. */
const foldable: ReadonlySet<ElementType | undefined> = new Set([
  'float32',
  'float64',
  'int64',
  'int32',
  'bool',
] as const)

/**
 * Replaces what follows from constants and fixed sizes alone by constants. TorchScript exports calculate the scale of
 * every attention from the shape of its queries, on the CPU; on a GPU that costs a copy to the device each time. The
 * numbers are those that the nodes would give, rounded to their type at every step.
 *
 * They also calculate what every `Reshape` is told from shapes, a third of all nodes. Where its sizes are fixed, those of
 * its input, and one that is left over, a constant says so, for all sizes of the model's inputs.
 *
 * Weights are never folded: only values of up to 256 elements that come from shapes and small constants.
 */
export function foldConstants(model: ModelProto): ModelProto {
  return throughGates(model, flat => {
    const known = infer(flat)
    const told = new Map<string, NodeProto>()
    const reshape = (given: NodeProto): NodeProto => {
      const sizes = reshapeSizes(given, known)
      if (sizes === undefined) return given
      const name = `fewstep.reshape ${sizes.join(' ')}`
      const constant = { value: { tensor: tensor('', 'int64', [sizes.length], sizes) } }
      if (!told.has(name)) told.set(name, node('Constant', [], [name], constant))
      return changed(given, { input: [given.input[0]!, name] })
    }
    const outputs = new Set(flat.graph!.output.map(({ name }) => name))
    const constant = (given: NodeProto): NodeProto => {
      const [name] = given.output
      const value = known.get(name ?? '')
      const elements = numbers(value)
      const fixed = value?.shape?.every(dim => typeof dim === 'number')
      const plain = given.opType !== 'Constant' && given.output.length === 1 && bodies(given).length === 0
      if (!plain || outputs.has(name!) || elements === undefined || !fixed || !foldable.has(value?.type)) return given
      const folded = tensor('', value!.type!, value!.shape as readonly number[], elements)
      return node('Constant', [], [name!], { value: { tensor: folded } }, { name: given.name })
    }
    const nodes = flat.graph!.node.map(given => reshape(constant(given)))
    const graph = changed(flat.graph!, { node: [...told.values(), ...nodes] })
    // What is read no more goes; inputs stay, so that callers feed what they fed.
    const swept = slice(changed(flat, { graph }))
    return changed(swept, { graph: changed(swept.graph!, { input: graph.input }) })
  })
}

/** The sizes of a `Reshape` without those that hang on others: 0 for that of its input at the same place, -1 for one more. */
function reshapeSizes(given: NodeProto, known: ReadonlyMap<string, Known>): readonly number[] | undefined {
  if (given.opType !== 'Reshape' || given.domain !== '' || int(given, 'allowzero') === 1) return undefined
  const [from, to] = given.input.map(name => known.get(name))
  if (to?.value === undefined || numbers(to) !== undefined) return undefined
  const sizes = to.value.map((size, at) => {
    if (typeof size === 'number') return size
    return size !== undefined && size === from?.shape?.[at] ? 0 : -1
  })
  return sizes.filter(size => size === -1).length > 1 ? undefined : sizes
}
