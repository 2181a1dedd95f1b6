import { checkNumber } from '@fewstep/errors'
import type { Runtime } from '@fewstep/runtime'
import { copyOf, loadedThere, remoteRuntime } from '@fewstep/runtime/remote'
import { chooseDevice, type Device } from './device.ts'
import { startWorker } from './link.ts'
import { modelProblem, runProblem } from './problems.ts'
import { RuntimeWebError } from './runtime-web-error.ts'

export type WebRuntimeOptions = {
  /** `auto`, where absent, is `webgpu` where the browser has a GPU for it, else `wasm`. */
  readonly device?: Device | 'auto'
  /**
   * Threads of `wasm`, where the page is cross-origin isolated: as many as the machine has cores, four at most, where
   * absent.
   */
  readonly threads?: number
  /**
   * The folder where onnxruntime-web's `.wasm` and `.mjs` files lie (the `dist` folder of its npm package), relative to the
   * page. A bundler that knows `new URL(…, import.meta.url)`, as Vite does, puts them beside its own files where absent.
   */
  readonly files?: string | URL
}

export type WebRuntime = Runtime & {
  readonly device: Device
  /** Why this device. */
  readonly reason: string
  /** Threads that compute on `wasm`; 1 on `webgpu`. */
  readonly threads: number
  /** What the page could do to be faster, in words. */
  readonly hints: readonly string[]
}

/**
 * The runtime over onnxruntime-web. Graphs run in a worker, so the page stays responsive. On `webgpu` the outputs that
 * `open` is told to keep stay on the GPU, in ONNX Runtime's own device.
 *
 * When the GPU is lost, or the worker dies, whatever waits for it is rejected with the reason, and its graphs and values are
 * gone; models can be opened again in the same runtime, in a new worker.
 *
 * The promise tells the device; the library itself is fetched meanwhile, and `open` waits for it.
 *
 * @throws RuntimeWebError, from every method too, with the remedy; FeedError from `run`; ValueError from `ops`
 */
export async function webRuntime(options: WebRuntimeOptions = {}): Promise<WebRuntime> {
  const { device: wanted = 'auto', threads: asked, files } = options
  const refuse = (expected: string): Error => new RuntimeWebError(`threads must be ${expected}, got ${asked}`, 'input')
  if (asked !== undefined) checkNumber(asked, { whole: true, minimum: 1 }, refuse)
  if (typeof Worker === 'undefined')
    throw new RuntimeWebError('there is no browser here, or one without workers; in Node take @fewstep/runtime-node')
  const { device, reason } = await chooseDevice(wanted)
  const { threads, hints } = threading(device, asked)
  const folder = files === undefined ? undefined : folderUrl(files)
  const runtime = remoteRuntime({
    name: 'onnxruntime-web',
    settings: { device, threads, files: folder },
    connect: () => startWorker(device),
    again: true,
    async send(model, link) {
      if ('path' in model) {
        throw new RuntimeWebError(
          `a page has no file ${model.path}; open what website(url).model(path) or picked(files).model(path) gives, or bytes`,
          'input',
        )
      }
      return 'bytes' in model ? copyOf(model) : loadedThere(model, link)
    },
    openProblem: (error, { model, label }) => modelProblem(error, { model, label, device, files: folder }),
    runProblem,
    error: (message, kind) => new RuntimeWebError(message, kind),
  })
  return { ...runtime, device, reason, threads, hints }
}

function threading(
  device: Device,
  asked: number | undefined,
): { readonly threads: number; readonly hints: readonly string[] } {
  if (device === 'webgpu') return { threads: 1, hints: [] }
  const cores = navigator.hardwareConcurrency
  const wanted = asked ?? Math.min(cores, 4)
  if (crossOriginIsolated || wanted === 1) return { threads: wanted, hints: [] }
  return {
    threads: 1,
    hints: [
      `one thread computes, of ${cores} that the machine has, since the page is not cross-origin isolated; serve it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp`,
    ],
  }
}

function folderUrl(files: string | URL): string {
  const { href } = new URL(files, globalThis.document?.baseURI ?? location.href)
  return href.endsWith('/') ? href : `${href}/`
}
