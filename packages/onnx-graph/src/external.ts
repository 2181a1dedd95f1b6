import { bodies } from './attributes.ts'
import { type GraphProto, type ModelProto, type TensorProto, TensorProto_DataLocation } from './generated/onnx-ml_pb.ts'
import { GraphError } from './model.ts'

/**
 * The files of external data that a model's tensors name, relative to the model's own file.
 *
 * @throws GraphError where a name leads out of the model's folder, as none may
 */
export function externalFiles(model: ModelProto): readonly string[] {
  const tensors = tensorsOf(model.graph!).filter(
    ({ dataLocation }) => dataLocation === TensorProto_DataLocation.EXTERNAL,
  )
  const names = tensors.map(({ name, externalData }) => {
    const location = externalData.find(({ key }) => key === 'location')?.value
    const parts = location?.split(/[/\\]/) ?? []
    if (location === undefined || location === '' || parts.includes('..') || /^([/\\]|[a-z]:)/i.test(location)) {
      throw new GraphError(
        `expected the weight ${name} to name a file beside the model, got ${location ?? 'nothing'}; save the model anew`,
      )
    }
    return location
  })
  return [...new Set(names)]
}

function tensorsOf(graph: GraphProto): readonly TensorProto[] {
  const sparse = graph.sparseInitializer.flatMap(({ values, indices }) => [values, indices])
  const attributes = graph.node.flatMap(node => node.attribute.flatMap(({ t, tensors }) => [t, ...tensors]))
  const own = [...graph.initializer, ...sparse, ...attributes].filter(tensor => tensor !== undefined)
  return [...own, ...graph.node.flatMap(bodies).flatMap(tensorsOf)]
}
