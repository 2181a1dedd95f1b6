import { open, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { arch, platform } from 'node:process'
import { diagnose, type ExternalFile, type Model, probeModel } from '@fewstep/runtime'
import { type Link, problemOf } from '@fewstep/runtime/remote'

/** Why the library's process could not be started. */
export function startProblem({ code, message }: NodeJS.ErrnoException): string {
  const remedy =
    code === 'ERR_ACCESS_DENIED'
      ? 'start Node with --allow-child-process and --allow-addons'
      : 'check that the system allows another process and has memory for it'
  return `the process that runs ONNX Runtime could not be started (${message}); ${remedy}`
}

/** How the library's process ended by itself, and what to do. */
export function endOf(code: number | null, signal: NodeJS.Signals | null): string {
  // Windows reports a crash as a status such as 0xC0000005.
  const how = signal ?? (code !== null && code > 255 ? `code 0x${code.toString(16).toUpperCase()}` : `code ${code}`)
  const remedy =
    signal === 'SIGKILL'
      ? 'systems do this when memory is short: open a smaller model, or generate fewer images at a time'
      : 'open the models again; if it happens again, try the device cpu, or another version of onnxruntime-node'
  return `the process that runs ONNX Runtime ended by ${how}; ${remedy}`
}

/** Why onnxruntime-node did not load, by Node's error code; `undefined` for any other error. */
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

/** Why no graph opens on the device, with the devices that work; `undefined` if this device works. */
export async function deviceProblem(link: Link, device: string): Promise<string | undefined> {
  if (link.ended !== undefined || device === 'cpu') return undefined
  const model = probeModel()
  const failure = async (name: string): Promise<string | undefined> => {
    try {
      const { session } = await link.ask('open', { model, keep: [], device: name })
      await link.ask('close', { session })
      return undefined
    } catch (error) {
      return withoutSourcePlace((error as Error).message)
    }
  }
  const devices = await link.ask('devices', {})
  const builtIn = devices.some(({ name }) => name === device)
  const reason = builtIn ? await failure(device) : 'it is not built into this version'
  if (reason === undefined) return undefined
  const working: string[] = []
  for (const { name, bundled } of devices) {
    if (bundled && name !== device && (await failure(name)) === undefined) working.push(name)
  }
  return `the device ${device} does not work with this onnxruntime-node on this machine (${reason}); what works: ${working.join(', ')}`
}

/** Why a model did not open. */
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
    // The file cannot be read, or is too large for a protobuf.
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
    ? `the graph computes with float16, which this device does not support; use a float32 model, or the device cpu (${message})`
    : message
}

/** Removes the place and the condition in the library's source that some of its messages start with. */
function withoutSourcePlace(message: string): string {
  return message.replace(/^\S+:\d+ .* was false\. /s, '').trim()
}
