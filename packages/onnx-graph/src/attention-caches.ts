import { type Attention, findAttention } from './attention.ts'
import { type Carried, carry, type Gated, gate } from './carry.ts'
import type { ModelProto } from './generated/onnx-ml_pb.ts'
import { noPoints } from './no-points.ts'
import { remembered } from './remember.ts'

/**
 * T-GATE: after a few steps the cross-attention outputs hardly change, so they are kept from the gate step on, averaged
 * over both halves of the guidance, and the network runs on with a batch of one and no guidance (arXiv 2404.02747).
 *
 * `full` gives the outputs of all cross-attention layers, `reuse` takes them and never looks at the prompt: the input
 * with its embeddings is gone unless something else reads it. The values stand before the bias of `to_out`; averaging
 * there is the same as after it.
 *
 * @throws GraphError where the model has no cross-attention
 */
export function carryCrossAttention(model: ModelProto): Carried {
  const known = remembered(model)
  return carry(known, layers(known, 'cross'))
}

/**
 * The same in one graph, by the input `reuse_cross_attention`, with no second copy of the weights. Its caches may have
 * another batch size than those of earlier calls.
 *
 * @throws GraphError as `carryCrossAttention` does
 */
export function gateCrossAttention(model: ModelProto): Gated {
  const known = remembered(model)
  return gate(known, layers(known, 'cross'), 'reuse_cross_attention')
}

/**
 * The self-attention outputs that T-GATE's second version reuses during the first steps (its `sp_interval`).
 *
 * @throws GraphError where the model has no self-attention
 */
export function carrySelfAttention(model: ModelProto): Carried {
  const known = remembered(model)
  return carry(known, layers(known, 'self'))
}

/**
 * The same in one graph, by the input `reuse_self_attention`.
 *
 * @throws GraphError as `carrySelfAttention` does
 */
export function gateSelfAttention(model: ModelProto): Gated {
  const known = remembered(model)
  return gate(known, layers(known, 'self'), 'reuse_self_attention')
}

function layers(model: ModelProto, kind: Attention['kind']): readonly string[] {
  const found = findAttention(model).filter(layer => layer.kind === kind)
  if (found.length === 0) throw noPoints(model, `${kind}-attention`)
  return found.map(({ value }) => value)
}
