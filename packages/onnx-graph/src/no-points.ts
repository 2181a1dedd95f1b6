import type { ModelProto } from './generated/onnx-ml_pb.ts'
import { GraphError } from './model.ts'

/** The error for a model in which a cache finds nothing to cut. It names the caches that work with every model. */
export function noPoints(model: ModelProto, points: string): GraphError {
  return new GraphError(
    `expected a U-Net with ${points}, found none in the graph ${model.graph!.name} (${model.graph!.node.length} nodes); caches of the output work on every model: EasyCache, UCache, TaylorSeer, guidance on a limited interval`,
  )
}
