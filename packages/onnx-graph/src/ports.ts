import { port } from './build.ts'
import type { ModelProto, ValueInfoProto } from './generated/onnx-ml_pb.ts'
import { infer } from './infer/infer.ts'
import { GraphError } from './model.ts'

/**
 * The ports of values that become inputs or outputs, with inferred types and shapes. A size that does not follow from the model's
 * inputs gets a new symbol.
 *
 * @throws GraphError if the type or the number of dimensions of a value cannot be inferred
 */
export function portsOf(model: ModelProto, values: readonly string[]): readonly ValueInfoProto[] {
  const inferred = infer(model)
  return values.map(name => {
    const value = inferred.get(name)
    if (value === undefined) {
      throw new GraphError(
        `expected ${name} to be a value of the graph ${model.graph!.name}, which has none of that name; the names are those of the nodes' outputs`,
      )
    }
    if (value.type === undefined || value.shape === undefined) {
      const missing = value.type === undefined ? 'the type' : 'the shape'
      throw new GraphError(
        `${missing} of the value ${name} cannot be inferred from the graph; write it into the file with onnx.shape_inference, or onnxruntime.tools.symbolic_shape_infer for operators of com.microsoft`,
      )
    }
    const shape = value.shape.map((dim, axis) => (dim === undefined ? `${name}_dim${axis}` : dim))
    return port(name, value.type, shape)
  })
}
