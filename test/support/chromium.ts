/**
 * A Chromium with SwiftShader, Google's Vulkan on the CPU, from the npm package `@sparticuz/chromium`: a real browser, and
 * a WebGPU adapter for it and for onnxruntime-node, on machines that have neither.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { arch, env, execPath, platform } from 'node:process'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

export type Chromium = {
  /** The browser's binary. */
  readonly executable: string
  /** The browser's arguments, with which pages on http://127.0.0.1 get a WebGPU adapter. */
  readonly args: readonly string[]
  /** The environment in which a process, the browser or Node, finds SwiftShader. It has to be set when the process starts. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Arguments with which pages get SwiftShader's WebGPU adapter, in any Chrome that has it. */
export const webgpu: readonly string[] = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
  '--ignore-gpu-blocklist',
]

/** Why it does not run on this machine; `undefined` where it does. */
export const unavailable: string | undefined =
  platform === 'linux' && arch === 'x64'
    ? undefined
    : `@sparticuz/chromium has a binary for Linux on x64 only, and this is ${platform} on ${arch}`

/** Unpacks it once a machine, into the system's folder of temporary files. */
export async function chromium(): Promise<Chromium> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium')
  const manifest = join(dirname(entry), '../package.json')
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }
  const folder = join(tmpdir(), `fewstep-chromium-${version}`)
  if (!existsSync(folder)) {
    // Several test files may do this at once: each unpacks into a separate folder, and the first one renames it.
    const unpacked = await mkdtemp(`${folder}-`)
    const script = ['--input-type=module', '-e', unpack, pathToFileURL(entry).href]
    await promisify(execFile)(execPath, script, { env: { ...env, TMPDIR: unpacked } })
    mkdirSync(join(unpacked, 'run'))
    await rename(unpacked, folder).catch(() => rm(unpacked, { recursive: true }))
  }
  const icd = join(folder, 'vk_swiftshader_icd.json')
  return {
    executable: join(folder, 'chromium'),
    args: ['--no-sandbox', ...webgpu],
    env: {
      ...env,
      // Its second folder has the NSS libraries that the browser needs, for systems that lack them.
      LD_LIBRARY_PATH: [folder, join(folder, 'al2023/lib'), env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
      VK_ICD_FILENAMES: icd,
      VK_DRIVER_FILES: icd,
      XDG_RUNTIME_DIR: join(folder, 'run'),
    },
  }
}

/** In a child process, since the package unpacks into the folder of temporary files that the process has. */
const unpack = `
const { default: chromium, inflate } = await import(process.argv[1])
await chromium.executablePath()
await inflate(new URL('../bin/al2023.tar.br', process.argv[1]).pathname)
`
