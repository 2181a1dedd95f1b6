/** Plain onnxruntime-web in a worker: the runs of the graphs that an image needs, and how long they take. */
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm'

type Message = { readonly graphs: readonly Uint8Array[]; readonly threads: number } | { readonly calls: number }

let sessions: readonly InferenceSession[] = []

// The library's own threads may be started from this script.
if (!self.name.startsWith('em-pthread'))
  self.addEventListener('message', async ({ data }: MessageEvent<Message>) => {
    if ('graphs' in data) {
      env.wasm.numThreads = data.threads
      const opened: InferenceSession[] = []
      for (const graph of data.graphs)
        opened.push(
          await InferenceSession.create(graph, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' }),
        )
      sessions = opened
      self.postMessage('ready')
    } else self.postMessage(await run(data.calls))
  })

async function run(calls: number): Promise<number> {
  const [text, unet, decoder] = sessions as [InferenceSession, InferenceSession, InferenceSession]
  const ids = Object.fromEntries(text.inputNames.map(name => [name, whole(text, name)]))
  const floats = (...shape: number[]): Tensor => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i))
    return new Tensor('float32', data, shape)
  }
  const feeds = {
    sample: floats(2, 4, 16, 16),
    timestep: new Tensor('int64', BigInt64Array.of(500n), []),
    encoder_hidden_states: floats(2, 32, 192),
  }
  const latents = { [decoder.inputNames[0]!]: floats(1, 4, 16, 16) }
  const began = performance.now()
  for (let i = 0; i < 2; i++) await text.run(ids)
  for (let i = 0; i < calls; i++) await unet.run(feeds)
  await decoder.run(latents)
  return performance.now() - began
}

function whole({ inputMetadata }: InferenceSession, name: string): Tensor {
  const { type } = inputMetadata.find(port => port.name === name) as { readonly type: string }
  return type === 'int64'
    ? new Tensor('int64', new BigInt64Array(32).fill(1n), [1, 32])
    : new Tensor('int32', new Int32Array(32).fill(1), [1, 32])
}
