import { type Attention, findAttention } from './attention.ts'
import { carry } from './carry.ts'
import type { ModelProto } from './generated/onnx-ml_pb.ts'
import { noPoints } from './no-points.ts'
import { remembered } from './remember.ts'
import { findSkips } from './skips.ts'

/** A U-Net that also returns the values that caches would reuse. */
export type Watched = {
  /** The complete graph. The values are outputs too, after the model's outputs. */
  readonly model: ModelProto
  /** The values that come up from the depth at each skip connection, which DeepCache reuses. */
  readonly deep: readonly { readonly branch: number; readonly value: string }[]
  /** The outputs of the attention layers, which T-GATE reuses, in the order in which they run. */
  readonly attention: readonly Attention[]
}

/**
 * Adds all values that DeepCache and T-GATE reuse as outputs. How much they change from one evaluation to the next shows how much
 * error reusing them would cause.
 *
 * @throws GraphError if the model has neither skip connections nor attention layers
 */
export function watchUnet(model: ModelProto): Watched {
  const annotated = remembered(model)
  const deep = findSkips(annotated).map(({ branch, main }) => ({ branch, value: main }))
  const attention = findAttention(annotated)
  const values = [...deep, ...attention].map(({ value }) => value)
  if (values.length === 0) throw noPoints(model, 'skip connections or attention')
  return { model: carry(annotated, values).full, deep, attention }
}
