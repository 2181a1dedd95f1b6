import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { emptyFolder } from './support/fewstep.ts'

const cwd = fileURLToPath(new URL('..', import.meta.url))

/** Sends itself the signal once something stands beside `old.png` in the folder. */
const script = (folder: string, signal: string, write: string): string => `
  import { readdirSync } from 'node:fs'
  import { writeWhole } from './src/files.ts'
  import { writeTogether } from './src/write-together.ts'
  const folder = ${JSON.stringify(folder)}
  const bytes = new Uint8Array(1 << 28)
  const writing = ${write}
  while (readdirSync(folder, { recursive: true }).every(name => !name.endsWith('.tmp'))) await new Promise(setImmediate)
  process.kill(process.pid, '${signal}')
  await writing
`

// Windows has no such signals.
test.skipIf(process.platform === 'win32').each([
  ['SIGINT', "writeWhole(folder + '/old.png', bytes)"],
  ['SIGTERM', "writeWhole(folder + '/old.png', bytes)"],
  ['SIGHUP', "writeWhole(folder + '/old.png', bytes)"],
  ['SIGINT', "writeTogether([{ path: folder + '/new/a.onnx', content: bytes }])"],
  ['SIGTERM', "writeTogether([{ path: folder + '/new/a.onnx', content: bytes }])"],
  ['SIGHUP', "writeTogether([{ path: folder + '/new/a.onnx', content: bytes }])"],
])('%s in %s ends the process and leaves what was there', async (signal, write) => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'old.png'), 'old')
  const args = ['--conditions=@fewstep/source', '--input-type=module', '-e', script(folder, signal, write)]
  const ended = await new Promise(resolve => {
    execFile(execPath, args, { cwd }, (error, _, stderr) => resolve({ signal: error?.signal, stderr }))
  })
  expect(ended).toEqual({ signal, stderr: '' })
  expect(readdirSync(folder)).toEqual(['old.png'])
  expect(readFileSync(join(folder, 'old.png'), 'utf8')).toBe('old')
})
