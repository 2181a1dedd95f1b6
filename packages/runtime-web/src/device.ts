import { RuntimeWebError } from './runtime-web-error.ts'

export type Device = 'webgpu' | 'wasm'

/** A device, and why it was chosen. */
type Choice = { readonly device: Device; readonly reason: string }

/** The members of the browser's WebGPU that are used here; TypeScript's libraries do not have its types. */
type Gpu = {
  requestAdapter(options: object): Promise<{
    readonly info?: {
      readonly vendor: string
      readonly architecture: string
      readonly description: string
      readonly isFallbackAdapter?: boolean
    }
  } | null>
}

/** @throws RuntimeWebError for a device that does not exist or work here, with the devices that do */
export async function chooseDevice(requested: string): Promise<Choice> {
  if (requested === 'wasm') return { device: 'wasm', reason: 'requested' }
  if (requested !== 'webgpu' && requested !== 'auto')
    throw new RuntimeWebError(`there is no device ${requested} in a browser; choose webgpu, wasm or auto`, 'input')
  const gpu = await findGpu()
  if ('missing' in gpu) {
    if (requested === 'auto') return { device: 'wasm', reason: gpu.missing }
    throw new RuntimeWebError(`the device webgpu does not work here (${gpu.missing}); what works: wasm`)
  }
  if (requested === 'webgpu') return { device: 'webgpu', reason: `requested; the GPU is ${gpu.name}` }
  // A GPU that is emulated on the processor is many times slower than WebAssembly.
  return gpu.fallback
    ? { device: 'wasm', reason: `the browser's only GPU is made of software (${gpu.name})` }
    : { device: 'webgpu', reason: `the GPU is ${gpu.name}` }
}

async function findGpu(): Promise<
  { readonly name: string; readonly fallback: boolean } | { readonly missing: string }
> {
  const { gpu } = navigator as { readonly gpu?: Gpu }
  if (gpu === undefined) {
    return {
      missing: isSecureContext
        ? 'this browser has no WebGPU'
        : 'browsers give WebGPU only to pages served over https or from this machine',
    }
  }
  const failed = (error: Error) => ({ missing: `the browser gives access to no GPU: ${error.message}` })
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(failed)
  if (adapter === null) return { missing: 'the browser has WebGPU, but no GPU that it supports' }
  if ('missing' in adapter) return adapter
  const { vendor = '', architecture = '', description = '', isFallbackAdapter = false } = adapter.info ?? {}
  const name = description === '' ? `${vendor} ${architecture}`.trim() : description
  return { name: name === '' ? 'not named' : name, fallback: isFallbackAdapter }
}
