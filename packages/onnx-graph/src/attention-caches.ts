import { type Attention, findAttention } from './attention.ts'
import { type Carried, carry, type Gated, gate } from './carry.ts'
import type { ModelProto } from './generated/onnx-ml_pb.ts'
import { noPoints } from './no-points.ts'
import { remembered } from './remember.ts'

/**
 * T-GATE (arXiv 2404.02747) in two graphs. After a few steps the cross-attention outputs hardly change. From the gate step on
 * they are reused, averaged over the two halves of a guided batch, and the model runs with a batch of one and no guidance.
 *
 * `full` returns the outputs of all cross-attention layers. `reuse` takes them as inputs and does not need the prompt: the input
 * with its embeddings is removed unless something else reads it. The values are taken before the bias of `to_out`; averaging them
 * there gives the same as after the bias.
 *
 * @throws GraphError if the model has no cross-attention
 */
export function carryCrossAttention(model: ModelProto): Carried {
  const annotated = remembered(model)
  return carry(annotated, layers(annotated, 'cross'))
}

/**
 * The same as `carryCrossAttention` in one graph, with every weight once. The input `reuse_cross_attention` switches. The cached
 * values that are fed may have another batch size than the evaluation that computed them.
 *
 * @throws GraphError as `carryCrossAttention` does
 */
export function gateCrossAttention(model: ModelProto): Gated {
  const annotated = remembered(model)
  return gate(annotated, layers(annotated, 'cross'), 'reuse_cross_attention')
}

/**
 * The same for self-attention, which T-GATE's second version reuses during the first steps (its `sp_interval`).
 *
 * @throws GraphError if the model has no self-attention
 */
export function carrySelfAttention(model: ModelProto): Carried {
  const annotated = remembered(model)
  return carry(annotated, layers(annotated, 'self'))
}

/**
 * The same as `carrySelfAttention` in one graph. The input `reuse_self_attention` switches.
 *
 * @throws GraphError as `carrySelfAttention` does
 */
export function gateSelfAttention(model: ModelProto): Gated {
  const annotated = remembered(model)
  return gate(annotated, layers(annotated, 'self'), 'reuse_self_attention')
}

function layers(model: ModelProto, kind: Attention['kind']): readonly string[] {
  const found = findAttention(model).filter(layer => layer.kind === kind)
  if (found.length === 0) throw noPoints(model, `${kind}-attention`)
  return found.map(({ value }) => value)
}
