import { open, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { arch, platform } from 'node:process'
import { diagnose, type ExternalFile, type Model, probeModel } from '@fewstep/runtime'
import { type Link, problemOf } from '@fewstep/runtime/remote'

/** Why onnxruntime-node did not load, by Node's own codes; `undefined` where it did. */
export function loadProblem({
  code,
  message,
}: {
  readonly code?: string | undefined
  readonly message: string
}): string | undefined {
  switch (code) {
    case 'ERR_MODULE_NOT_FOUND':
      return `onnxruntime-node is not installed; run: npm install onnxruntime-node (${message})`
    case 'MODULE_NOT_FOUND':
      return `onnxruntime-node has no binary for ${platform} on ${arch} (${message})`
    case 'ERR_DLOPEN_FAILED':
      return `onnxruntime-node's binary does not load on this machine; its page lists the systems that it supports (${message})`
    default:
      return undefined
  }
}

/** Why no graph opens on the device, with the devices on which one does; `undefined` where the device works. */
export async function deviceProblem(link: Link, device: string): Promise<string | undefined> {
  if (link.ended !== undefined || device === 'cpu') return undefined
  const model = probeModel()
  const failure = async (name: string): Promise<string | undefined> => {
    try {
      const { session } = await link.ask('open', { model, keep: [], device: name })
      await link.ask('close', { session })
      return undefined
    } catch (error) {
      return withoutPlace((error as Error).message)
    }
  }
  const devices = await link.ask('devices', {})
  const known = devices.some(({ name }) => name === device)
  const reason = known ? await failure(device) : 'it is not built into this version'
  if (reason === undefined) return undefined
  const works: string[] = []
  for (const { name, bundled } of devices) {
    if (bundled && name !== device && (await failure(name)) === undefined) works.push(name)
  }
  return `the device ${device} does not work with this onnxruntime-node on this machine (${reason}); what works: ${works.join(', ')}`
}

/** Why a model did not open, from its file and from what `diagnose` finds in it. */
export async function modelProblem(
  model: Model,
  { device, message }: { readonly device: string; readonly message: string },
): Promise<string> {
  if (!('path' in model)) return problemOf(model, { device, message, fileOnDisk })
  const { path } = model
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return 'no such file'
  if (found.isDirectory()) return 'this is a folder; give the .onnx file in it'
  const external = (location: string) => fileOnDisk(join(dirname(path), location))
  try {
    return await diagnose({ message, device, bytes: await readFile(path), external })
  } catch (error) {
    // The file cannot be read, or is larger than a protobuf can be.
    return `${message} (${(error as Error).message})`
  }
}

async function fileOnDisk(path: string): Promise<ExternalFile | undefined> {
  const file = await open(path).catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(64), 0, 64, 0)
    return { size: (await file.stat()).size, start: buffer.subarray(0, bytesRead) }
  } catch {
    return undefined
  } finally {
    await file.close()
  }
}

/** Why a run failed. */
export function runProblem(message: string): string {
  return /requires f16 but the device does not support it/.test(message)
    ? `the graph computes with float16, which this device cannot; use a float32 model, or cpu (${message})`
    : message
}

/** Without the place in the library's source, and the condition there, that some of its messages start with. */
function withoutPlace(message: string): string {
  return message.replace(/^\S+:\d+ .* was false\. /s, '').trim()
}
