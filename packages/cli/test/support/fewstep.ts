import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export type Result = { readonly code: number | null; readonly out: string; readonly err: string }

/** A folder of its own for a test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fewstep-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs the command line in a folder. */
export function fewstep(
  cwd: string,
  args: readonly string[],
  during: (child: ChildProcess) => void = () => {},
): Promise<Result> {
  const child = spawn(execPath, ['--conditions=@fewstep/source', main, ...args], { cwd })
  during(child)
  let [out, err] = ['', '']
  child.stdout.on('data', data => {
    out += data
  })
  child.stderr.on('data', data => {
    err += data
  })
  return new Promise(resolve => child.on('close', code => resolve({ code, out, err })))
}
