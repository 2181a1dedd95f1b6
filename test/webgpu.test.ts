import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { chromium, unavailable } from './support/chromium.ts'
import { webgpuCases } from './support/webgpu-cases.ts'

type Result = { readonly name: string; readonly error?: string }

// Vulkan is found by the environment that a process starts with, so the cases run in a separate process.
describe.skipIf(unavailable)(`onnxruntime-node on webgpu through SwiftShader${because(unavailable)}`, () => {
  const results = new Map<string, Result>()

  beforeAll(async () => {
    const { env } = await chromium()
    const script = fileURLToPath(new URL('support/webgpu-child.ts', import.meta.url))
    const child = spawn(execPath, ['--conditions=@fewstep/source', script], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    for await (const line of createInterface({ input: child.stdout })) {
      const result = JSON.parse(line) as Result
      results.set(result.name, result)
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }, 600_000)

  test.each(webgpuCases().map(({ name }) => name))('%s', name => {
    expect(results.get(name), 'the process ended before this case').toEqual({ name })
  })
})

function because(reason: string | undefined): string {
  return reason === undefined ? '' : ` (skipped: ${reason})`
}
