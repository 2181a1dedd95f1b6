import type { Model } from '@fewstep/runtime'
import { problemOf } from '@fewstep/runtime/remote'
import { RuntimeWebError } from './runtime-web-error.ts'

/** Why a model did not open, with the remedy. */
export async function modelProblem(
  error: Error,
  on: { readonly model: Model; readonly label: string; readonly device: string; readonly files: string | undefined },
): Promise<string> {
  const { model, label, device, files } = on
  const { message } = error
  // The folder's own error says which file is missing.
  if (error instanceof RuntimeWebError || 'path' in model) return message
  if (/no available backend found/.test(message)) {
    const place = files ?? 'the folder where the bundler put them'
    return `onnxruntime-web did not load: its .wasm and .mjs files must lie in ${place}, or set \`files\` to the folder that has them (${message})`
  }
  if (outOfMemory(message)) return `${label}: ${tooLarge} (${message})`
  return `${label}: ${await problemOf(model, { device, message })}`
}

/** Why a run failed. */
export function runProblem(message: string): string {
  if (outOfMemory(message)) return `${tooLarge} (${message})`
  return /requires f16 but the device does not support it/.test(message)
    ? `the graph computes with float16, which this GPU does not support; use a float32 model, or the device wasm (${message})`
    : message
}

const tooLarge = 'there is not enough memory for it (WebAssembly has at most 4 GB); use a smaller model or image'

function outOfMemory(message: string): boolean {
  return /bad_alloc|out of memory|failed to allocate a buffer|Array buffer allocation failed/i.test(message)
}
