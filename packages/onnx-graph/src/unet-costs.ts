import { findAttention } from './attention.ts'
import { carryCrossAttention, carrySelfAttention } from './attention-caches.ts'
import type { Carried } from './carry.ts'
import { carryDeepFeatures } from './deep-features.ts'
import { withoutGates } from './gates.ts'
import type { ModelProto } from './generated/onnx-ml_pb.ts'
import { infer, type Sizes } from './infer/infer.ts'
import { inspect } from './inspect.ts'
import { GraphError } from './model.ts'
import { findSkips } from './skips.ts'

/** The costs of a U-Net's parts, as shares of the multiply-adds of one evaluation. */
export type UnetCosts = {
  /** Multiply-adds of one evaluation. */
  readonly total: number
  /** For each branch, the share of an evaluation that reuses the deep features of that branch. */
  readonly shallow: readonly { readonly branch: number; readonly share: number }[]
  /** The shares of the cross-attentions and of the self-attentions. */
  readonly cross: number
  readonly self: number
}

/**
 * The costs of the parts that caches reuse.
 *
 * @param sizes shapes of the inputs, such as `{ sample: [1, 4, 64, 64], encoder_hidden_states: [1, 77, 768] }`
 * @param branches the numbers of the skip connections to measure; all of them by default
 * @throws GraphError if a size that is needed is not given, or if the model has no skip connection with that number
 */
export function unetCosts(model: ModelProto, sizes: Sizes, branches?: readonly number[]): UnetCosts {
  const total = counted(model, sizes)
  const values = infer(withoutGates(model), sizes)
  /** The values that a part takes as inputs have the shapes that they have in the complete model. */
  const share = (part: ModelProto, carried: readonly string[]): number => {
    const shapes = carried.map(name => [name, (values.get(name)?.shape ?? []) as readonly number[]] as const)
    return counted(part, { ...sizes, ...Object.fromEntries(shapes) }) / total
  }
  const without = ({ reuse, values }: Carried): number => 1 - share(reuse, values)
  const kinds = new Set(findAttention(model).map(({ kind }) => kind))
  const selected = branches ?? findSkips(model).map(({ branch }) => branch)
  return {
    total,
    shallow: selected.map(branch => {
      const { shallow, feature } = carryDeepFeatures(model, { branch })
      return { branch, share: share(shallow, [feature]) }
    }),
    cross: kinds.has('cross') ? without(carryCrossAttention(model)) : 0,
    self: kinds.has('self') ? without(carrySelfAttention(model)) : 0,
  }
}

function counted(model: ModelProto, sizes: Sizes): number {
  const { multiplyAdds, uncounted } = inspect(model, sizes)
  if (uncounted === 0) return multiplyAdds
  throw new GraphError('the multiply-adds depend on a size that is not given; give the shape of every input')
}
