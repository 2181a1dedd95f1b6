import { checkNumber } from '@fewstep/errors'
import type { Runtime } from '@fewstep/runtime'
import { copyOf, loadedThere, remoteRuntime } from '@fewstep/runtime/remote'
import { chooseDevice, type Device } from './device.ts'
import { startWorker } from './link.ts'
import { modelProblem, runProblem } from './problems.ts'
import { RuntimeWebError } from './runtime-web-error.ts'

export type WebRuntimeOptions = {
  /** `auto`, the default, chooses `webgpu` if the browser has a hardware GPU, else `wasm`. */
  readonly device?: Device | 'auto'
  /**
   * Threads for `wasm`, if the page is cross-origin isolated. The default is the machine's number of cores, at most four.
   */
  readonly threads?: number
  /**
   * The folder of onnxruntime-web's `.wasm` and `.mjs` files (the `dist` folder of its npm package), relative to the page. By
   * default the bundler copies these files, if it supports `new URL(…, import.meta.url)`, as Vite does.
   */
  readonly files?: string | URL
}

export type WebRuntime = Runtime & {
  readonly device: Device
  /** Why this device was chosen. */
  readonly reason: string
  /** The number of threads on `wasm`; 1 on `webgpu`. */
  readonly threads: number
  /** Advice on how to make the page faster, for people. */
  readonly hints: readonly string[]
}

/**
 * The runtime for browsers, with onnxruntime-web. Graphs run in a worker, so the page stays responsive. On `webgpu` the outputs
 * named in `keep` stay on the GPU, in ONNX Runtime's device.
 *
 * If the GPU is lost or the worker dies, all pending work is rejected with the reason, and graphs and values are gone. The same
 * runtime can then open models again, in a new worker.
 *
 * The promise resolves as soon as the device is chosen. The library is fetched in the background, and `open` waits for it.
 *
 * @throws RuntimeWebError with the remedy, also from every method; FeedError from `run`; ValueError from `ops`
 */
export async function webRuntime(options: WebRuntimeOptions = {}): Promise<WebRuntime> {
  const { device: requestedDevice = 'auto', threads: requestedThreads, files } = options
  const refuse = (expected: string): Error =>
    new RuntimeWebError(`threads must be ${expected}, got ${requestedThreads}`, 'input')
  if (requestedThreads !== undefined) checkNumber(requestedThreads, { whole: true, minimum: 1 }, refuse)
  if (typeof Worker === 'undefined')
    throw new RuntimeWebError('there is no browser here, or it has no workers; in Node use @fewstep/runtime-node')
  const { device, reason } = await chooseDevice(requestedDevice)
  const { threads, hints } = threading(device, requestedThreads)
  const folder = files === undefined ? undefined : folderUrl(files)
  const runtime = remoteRuntime({
    name: 'onnxruntime-web',
    settings: { device, threads, files: folder },
    connect: () => startWorker(device),
    again: true,
    async send(model, link) {
      if ('path' in model) {
        throw new RuntimeWebError(
          `a page has no file ${model.path}; open what website(url).model(path) or picked(files).model(path) returns, or bytes`,
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
  requested: number | undefined,
): { readonly threads: number; readonly hints: readonly string[] } {
  if (device === 'webgpu') return { threads: 1, hints: [] }
  const cores = navigator.hardwareConcurrency
  const threads = requested ?? Math.min(cores, 4)
  if (crossOriginIsolated || threads === 1) return { threads, hints: [] }
  return {
    threads: 1,
    hints: [
      `only one thread computes, of ${cores} that the machine has, because the page is not cross-origin isolated; serve it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp`,
    ],
  }
}

function folderUrl(files: string | URL): string {
  const { href } = new URL(files, globalThis.document?.baseURI ?? location.href)
  return href.endsWith('/') ? href : `${href}/`
}
