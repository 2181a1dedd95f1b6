import * as ort from 'onnxruntime-node'

/** Runs a model from its bytes on the CPU with ONNX Runtime. */
export async function runOnce(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, ort.Tensor>>,
): Promise<Readonly<Record<string, ort.Tensor>>> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 })
  try {
    const wanted = Object.fromEntries(session.inputNames.map(name => [name, feeds[name]!]))
    return await session.run(wanted)
  } finally {
    await session.release()
  }
}

export function floats(shape: readonly number[], data: readonly number[] | Float32Array): ort.Tensor {
  return new ort.Tensor('float32', Float32Array.from(data), shape)
}
