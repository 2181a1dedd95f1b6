import type { ModelProto } from '@fewstep/onnx-graph'

/** Moves the large weights of a model to the external file `location`, and returns the bytes of that file. */
export function takeWeights(model: ModelProto, location: string): Uint8Array {
  const parts: Uint8Array[] = []
  let offset = 0
  for (const weight of model.graph!.initializer.filter(({ rawData }) => rawData.length > 1024)) {
    const { length } = weight.rawData
    const entries = Object.entries({ location, offset: `${offset}`, length: `${length}` })
    parts.push(weight.rawData)
    weight.rawData = new Uint8Array()
    weight.dataLocation = 1
    weight.externalData = entries.map(([key, value]) => ({ $typeName: 'onnx.StringStringEntryProto', key, value }))
    offset += length
  }
  return Buffer.concat(parts)
}
