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

/** What a U-Net's parts cost, as shares of the multiply-adds of one call. */
export type UnetCosts = {
  readonly total: number
  /** The share of a call that reuses the deep features of each branch. */
  readonly shallow: readonly { readonly branch: number; readonly share: number }[]
  /** The shares that cross-attentions and self-attentions have. */
  readonly cross: number
  readonly self: number
}

/**
 * @param sizes shapes of the inputs, such as `{ sample: [1, 4, 64, 64], encoder_hidden_states: [1, 77, 768] }`
 * @param branches those of the skip connections to look at; all of them where absent
 * @throws GraphError where a size that matters is open, or the model has no skip connection of that number
 */
export function unetCosts(model: ModelProto, sizes: Sizes, branches?: readonly number[]): UnetCosts {
  const total = counted(model, sizes)
  const values = infer(withoutGates(model), sizes)
  /** A part takes values as inputs, whose sizes are those that the whole model gives them. */
  const share = (part: ModelProto, carried: readonly string[]): number => {
    const shapes = carried.map(name => [name, (values.get(name)?.shape ?? []) as readonly number[]] as const)
    return counted(part, { ...sizes, ...Object.fromEntries(shapes) }) / total
  }
  const without = ({ reuse, values }: Carried): number => 1 - share(reuse, values)
  const kinds = new Set(findAttention(model).map(({ kind }) => kind))
  const wanted = branches ?? findSkips(model).map(({ branch }) => branch)
  return {
    total,
    shallow: wanted.map(branch => {
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
  throw new GraphError('the multiply-adds depend on a size that is open; give the shape of every input')
}
