import { RuntimeWebError } from './runtime-web-error.ts'

export type Device = 'webgpu' | 'wasm'

/** A device, and why it is this one. */
type Choice = { readonly device: Device; readonly reason: string }

/** What is used of the browser's WebGPU, whose types TypeScript's libraries do not have. */
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

/** @throws RuntimeWebError for a device that is not there, with what works */
export async function chooseDevice(wanted: string): Promise<Choice> {
  if (wanted === 'wasm') return { device: 'wasm', reason: 'asked for' }
  if (wanted !== 'webgpu' && wanted !== 'auto')
    throw new RuntimeWebError(`there is no device ${wanted} in a browser; take webgpu, wasm or auto`, 'input')
  const gpu = await findGpu()
  if ('missing' in gpu) {
    if (wanted === 'auto') return { device: 'wasm', reason: gpu.missing }
    throw new RuntimeWebError(`the device webgpu does not work here (${gpu.missing}); what works: wasm`)
  }
  if (wanted === 'webgpu') return { device: 'webgpu', reason: `asked for; the GPU is ${gpu.name}` }
  // One that is computed by the processor is many times slower than WebAssembly.
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
        : 'pages have WebGPU only over https, or from this machine itself',
    }
  }
  const failed = (error: Error) => ({ missing: `the browser gives no GPU: ${error.message}` })
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(failed)
  if (adapter === null) return { missing: 'the browser has WebGPU, but no GPU that it takes' }
  if ('missing' in adapter) return adapter
  const { vendor = '', architecture = '', description = '', isFallbackAdapter = false } = adapter.info ?? {}
  const name = description === '' ? `${vendor} ${architecture}`.trim() : description
  return { name: name === '' ? 'not named' : name, fallback: isFallbackAdapter }
}
