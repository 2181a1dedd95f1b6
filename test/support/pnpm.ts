import { execFile } from 'node:child_process'
import { env, execPath } from 'node:process'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** Runs the pnpm that runs the tests, or the pinned major version where the tests were started without pnpm. */
export async function pnpm(args: readonly string[], cwd: string): Promise<string> {
  const entry = env.npm_execpath
  const [command, before] =
    entry !== undefined && /pnpm/.test(entry)
      ? /\.[cm]?js$/.test(entry)
        ? [execPath, [entry]]
        : [entry, []]
      : ['npx', ['-y', 'pnpm@12']]
  const { stdout } = await exec(command, [...before, ...args], { cwd, maxBuffer: 64 << 20 })
  return stdout
}
