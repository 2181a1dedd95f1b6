/**
 * Package hygiene: packs every package as for publishing, and runs publint and arethetypeswrong on the
 * tarball. Run after a build: `npx -y pnpm@12 check` does both.
 */
import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { exit } from 'node:process'
import { promisify } from 'node:util'
import { pnpm } from '../test/support/pnpm.ts'

const exec = promisify(execFile)
const folder = await mkdtemp(join(tmpdir(), 'fewstep-hygiene-'))
let failures = 0
try {
  for (const manifest of globSync('packages/*/package.json')) {
    const packed = await pnpm(['pack', '--json', '--pack-destination', folder], dirname(manifest))
    const { filename } = JSON.parse(packed.slice(packed.indexOf('{'))) as { readonly filename: string }
    for (const [tool, ...args] of [
      ['publint', 'run', filename, '--strict'],
      ['attw', filename, '--profile', 'esm-only', '--format', 'ascii'],
    ] as const) {
      try {
        await exec(tool, args)
      } catch (error) {
        failures += 1
        const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string }
        console.error(`${tool}: ${dirname(manifest)}\n${stdout ?? ''}${stderr ?? String(error)}`)
      }
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
console.log(failures === 0 ? 'Every package passes publint and attw.' : `${failures} hygiene checks failed.`)
exit(failures === 0 ? 0 : 1)
