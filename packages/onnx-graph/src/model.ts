import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { FewstepError } from '@fewstep/errors'
import { type ModelProto, ModelProtoSchema } from './generated/onnx-ml_pb.ts'
import { isLfsPointer, lfsRemedy } from './lfs.ts'

/**
 * Reads a serialized ONNX model. Weights are not copied: `rawData` of tensors are views of `bytes`, which must stay as
 * they are while the model is in use, and tensors in external files keep their entries (location, offset, length), so
 * that many models can share one file of weights. Fields that this schema does not know are kept for writing.
 *
 * @throws GraphError where the bytes are no ONNX model, only a part of one, or a Git LFS pointer
 */
export function readModel(bytes: Uint8Array): ModelProto {
  if (isLfsPointer(bytes)) throw new GraphError(`this ${lfsRemedy}`)
  let model: ModelProto
  try {
    model = fromBinary(ModelProtoSchema, bytes)
  } catch (error) {
    throw new GraphError(
      `the ${bytes.byteLength} bytes are no ONNX model, or are cut off (${(error as Error).message}); give the whole content of an .onnx file`,
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
 * The bytes of a model. External data entries are written as they were read: put the file beside the one that it was
 * read from, or give a runtime the same external data.
 *
 * @throws GraphError where a message is not what the schema says, such as an initializer that is no tensor
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

/** A model that cannot be read, written or rewritten as asked. */
export class GraphError extends FewstepError {
  override readonly name = 'OnnxGraph.ModelError'
  override readonly kind = 'model'
}
