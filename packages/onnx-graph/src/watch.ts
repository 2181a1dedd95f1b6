import { type Attention, findAttention } from './attention.ts'
import { carry } from './carry.ts'
import type { ModelProto } from './generated/onnx-ml_pb.ts'
import { noPoints } from './no-points.ts'
import { remembered } from './remember.ts'
import { findSkips } from './skips.ts'

/** A U-Net that gives away what caches would reuse. */
export type Watched = {
  /** The whole graph; the values are outputs too, after the model's own. */
  readonly model: ModelProto
  /** What comes up from the depth at each skip connection, which DeepCache keeps. */
  readonly deep: readonly { readonly branch: number; readonly value: string }[]
  /** The outputs of the attention layers, which T-GATE keeps, in the order in which they run. */
  readonly attention: readonly Attention[]
}

/**
 * All values that DeepCache and T-GATE cut at as outputs: how much these change from one call to the next says what
 * reusing them costs.
 *
 * @throws GraphError where the model has neither skip connections nor attention layers
 */
export function watchUnet(model: ModelProto): Watched {
  const known = remembered(model)
  const deep = findSkips(known).map(({ branch, main }) => ({ branch, value: main }))
  const attention = findAttention(known)
  const values = [...deep, ...attention].map(({ value }) => value)
  if (values.length === 0) throw noPoints(model, 'skip connections or attention')
  return { model: carry(known, values).full, deep, attention }
}
