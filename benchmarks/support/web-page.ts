/** The page of `benchmarks/web.ts`. */
import { textToImage } from '@fewstep/pipelines'
import { webRuntime, website } from '@fewstep/runtime-web'

declare global {
  /** Opens both; `calls` is how often the U-Net runs for an image. */
  var prepare: (options: { readonly threads: number; readonly steps: number }) => Promise<{ readonly calls: number }>
  /** Milliseconds of a whole image, or of the runs of its graphs alone. */
  var time: (what: 'plain' | 'picture') => Promise<number>
}

globalThis.prepare = async ({ threads, steps }) => {
  const site = website('model')
  const runtime = await webRuntime({ device: 'wasm', threads })
  const pipe = await textToImage(site, { runtime })
  const draw = async () => (await pipe.generate('a red apple', { steps, guidance: 7.5, seed: 7 }))[0]!
  const { evaluations } = await draw()

  const worker = new Worker(new URL('./web-plain-worker.ts', import.meta.url), { type: 'module' })
  const asked = <R>(message: object): Promise<R> =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data as R)
      worker.onerror = ({ message }) => reject(new Error(message))
      worker.postMessage(message)
    })
  const graphs = await Promise.all(
    ['text_encoder', 'unet', 'vae_decoder'].map(async graph => site.read(`${graph}/model.onnx`)),
  )
  await asked({ graphs, threads })

  globalThis.time = async what => {
    if (what === 'plain') return asked<number>({ calls: evaluations })
    const began = performance.now()
    await draw()
    return performance.now() - began
  }
  return { calls: evaluations }
}
