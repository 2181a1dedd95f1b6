import { type GraphProto, isLfsPointer, lfsRemedy, type ModelProto, readModel } from '@fewstep/onnx-graph'

/** A model that a library refused to open. */
export type Refusal = {
  /** The library's error message. */
  readonly message: string
  readonly device: string
  readonly bytes: Uint8Array
  /** Looks at an external data file: its size and its first bytes, up to 64; `undefined` if it does not exist. */
  readonly external: (location: string) => ExternalFile | undefined | Promise<ExternalFile | undefined>
}

export type ExternalFile = { readonly size: number; readonly start: Uint8Array }

/**
 * Why a model did not open, with the remedy. Recognizes files that are not ONNX, weights that are missing or cut off, and
 * operators that the library does not have; otherwise returns the library's error message.
 */
export async function diagnose({ message, device, bytes, external }: Refusal): Promise<string> {
  if (isLfsPointer(bytes)) return `it ${lfsRemedy}`
  let model: ModelProto
  try {
    model = readModel(bytes)
  } catch (error) {
    return `not a readable ONNX model, perhaps truncated: ${(error as Error).message}`
  }
  for (const [location, end] of externalData(model.graph!)) {
    const file = await external(location)
    if (file === undefined)
      return `the weights in ${location} are missing; put that file beside the model, or give it as external data`
    if (isLfsPointer(file.start)) return `the file of weights, ${location}, ${lfsRemedy}`
    if (file.size < end)
      return `the weights in ${location} are cut off: the model needs ${end} bytes, there are ${file.size}; fetch the file again`
  }
  const operator = operators(model.graph!).find(({ opType }) => refuses(message, opType))
  if (operator === undefined) return message
  const { opType, domain } = operator
  const remedy = fused.has(opType)
    ? 'an optimiser for CUDA or DirectML wrote it: export the model without that optimisation'
    : domain === ''
      ? 'export the model to an opset that this version supports, or install a later version'
      : `export the model with ONNX's own operators`
  return `the operator ${domain === '' ? '' : `${domain}.`}${opType} does not exist on ${device}; ${remedy} (${message})`
}

/** Operators that ONNX Runtime's optimisers write and that exist only on CUDA, ROCm and DirectML. */
const fused: ReadonlySet<string> = new Set(['GroupNorm', 'SkipGroupNorm', 'NhwcConv', 'BiasAdd', 'BiasSplitGelu'])

/** Whether the message is one of the four in which ONNX Runtime says that it lacks an operator. */
function refuses(message: string, operator: string): boolean {
  return [
    `implementation for ${operator}(`,
    `No Op registered for ${operator} `,
    `Provider type for ${operator} `,
    `:${operator}(-1) is not a registered`,
  ].some(phrase => message.includes(phrase))
}

/** Each external file → the number of bytes that the model needs of it. */
function externalData(graph: GraphProto): ReadonlyMap<string, number> {
  const needed = new Map<string, number>()
  for (const { externalData } of tensors(graph)) {
    const entry = new Map(externalData.map(({ key, value }) => [key, value]))
    const location = entry.get('location')
    if (location === undefined) continue
    const end = Number(entry.get('offset') ?? 0) + Number(entry.get('length') ?? 0)
    needed.set(location, Math.max(needed.get(location) ?? 0, end))
  }
  return needed
}

function tensors(graph: GraphProto): GraphProto['initializer'] {
  const inside = graph.node.flatMap(({ attribute }) =>
    attribute.flatMap(({ t, g }) => [...(t === undefined ? [] : [t]), ...(g === undefined ? [] : tensors(g))]),
  )
  return [...graph.initializer, ...inside]
}

function operators(graph: GraphProto): GraphProto['node'] {
  return graph.node.flatMap(node => [node, ...node.attribute.flatMap(({ g }) => (g === undefined ? [] : operators(g)))])
}
