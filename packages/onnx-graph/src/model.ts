import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { FewstepError } from '@fewstep/errors'
import { type ModelProto, ModelProtoSchema } from './generated/onnx-ml_pb.ts'
import { isLfsPointer, lfsRemedy } from './lfs.ts'

/**
 * Reads a serialized ONNX model. Weights are not copied: `rawData` of tensors are views of `bytes`, so do not change `bytes` while
 * the model is in use. Tensors in external files keep their entries (location, offset, length), so several models can share one
 * file of weights. Fields that the schema does not have are kept and written again.
 *
 * @throws GraphError if the bytes are not an ONNX model, are cut off, or are a Git LFS pointer
 */
export function readModel(bytes: Uint8Array): ModelProto {
  if (isLfsPointer(bytes)) throw new GraphError(`this ${lfsRemedy}`)
  let model: ModelProto
  try {
    model = fromBinary(ModelProtoSchema, bytes)
  } catch (error) {
    throw new GraphError(
      `the ${bytes.byteLength} bytes are not an ONNX model, or are cut off (${(error as Error).message}); give the complete content of an .onnx file`,
    )
  }
  if (model.graph === undefined || model.irVersion <= 0n) {
    throw new GraphError(
      `expected an ONNX model, got ${bytes.byteLength} bytes without ${model.graph === undefined ? 'a graph' : 'a version'}; give the content of an .onnx file`,
    )
  }
  return model
}

/**
 * The bytes of a model. External data entries are written as they were read: put the new file beside the one that the model was
 * read from, or give a runtime the same external data.
 *
 * @throws GraphError if a part of the model does not fit the schema, such as an initializer that is not a tensor
 */
export function writeModel(model: ModelProto): Uint8Array<ArrayBuffer> {
  try {
    return toBinary(ModelProtoSchema, model)
  } catch (error) {
    throw new GraphError(
      `the model cannot be written (${(error as Error).message}); protobuf files end at 2 GB, so larger weights belong in an external file`,
    )
  }
}

/** A model that cannot be read, written or rewritten. */
export class GraphError extends FewstepError {
  override readonly name = 'OnnxGraph.GraphError'
  override readonly kind = 'model'
}
