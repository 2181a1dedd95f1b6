import { bodies } from './attributes.ts'
import { elementBytes, elementType } from './element-type.ts'
import { type GraphProto, type ModelProto, type TensorProto, TensorProto_DataLocation } from './generated/onnx-ml_pb.ts'
import { GraphError } from './model.ts'

/**
 * The files of external data that a model's tensors name, relative to the model's own file.
 *
 * @throws GraphError if a name leads out of the model's folder, which ONNX does not allow
 */
export function externalFiles(model: ModelProto): readonly string[] {
  return [...externalSizes(model).keys()]
}

/**
 * The files of {@link externalFiles}, with the number of bytes that each must have at least to hold the model's tensors.
 *
 * @throws GraphError as `externalFiles`
 */
export function externalSizes(model: ModelProto): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  for (const tensor of externalTensors(model)) {
    const { name, externalData } = tensor
    const entry = new Map(externalData.map(({ key, value }) => [key, value]))
    const location = entry.get('location')
    const parts = location?.split(/[/\\]/) ?? []
    if (location === undefined || location === '' || parts.includes('..') || /^([/\\]|[a-z]:)/i.test(location)) {
      throw new GraphError(
        `expected the weight ${name} to name a file beside the model, got ${location ?? 'nothing'}; save the model again`,
      )
    }
    const end = Number(entry.get('offset') ?? 0) + Number(entry.get('length') ?? byteLength(tensor))
    sizes.set(location, Math.max(sizes.get(location) ?? 0, end))
  }
  return sizes
}

/** Renames files of external data in a model. The model is changed in place. */
export function renameExternalFiles(model: ModelProto, names: ReadonlyMap<string, string>): void {
  for (const { externalData } of externalTensors(model)) {
    const entry = externalData.find(({ key }) => key === 'location')
    if (entry !== undefined) entry.value = names.get(entry.value) ?? entry.value
  }
}

function externalTensors(model: ModelProto): readonly TensorProto[] {
  return tensorsOf(model.graph!).filter(({ dataLocation }) => dataLocation === TensorProto_DataLocation.EXTERNAL)
}

/** The length of a tensor by its shape, for models that do not say it. */
function byteLength({ dims, dataType }: TensorProto): number {
  const type = elementType(dataType)
  const width = (type && elementBytes(type)) ?? 0
  return dims.reduce((product, dim) => product * Number(dim), width)
}

function tensorsOf(graph: GraphProto): readonly TensorProto[] {
  const sparse = graph.sparseInitializer.flatMap(({ values, indices }) => [values, indices])
  const attributes = graph.node.flatMap(node => node.attribute.flatMap(({ t, tensors }) => [t, ...tensors]))
  const direct = [...graph.initializer, ...sparse, ...attributes].filter(tensor => tensor !== undefined)
  return [...direct, ...graph.node.flatMap(bodies).flatMap(tensorsOf)]
}
