import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A Python process that answers each line with a line of numbers, in seconds. */
export async function startPython(
  python: string,
  args: readonly string[],
): Promise<{ ask(line?: string): Promise<readonly number[]>; stop(): void }> {
  const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const read = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error(`${python} ${args.join(' ')} ended; run it by hand to see why`)
    return value
  }
  while ((await read()) !== 'ready');
  return {
    async ask(line = 'draw') {
      child.stdin.write(`${line}\n`)
      return (await read()).split(' ').map(Number)
    },
    stop: () => child.kill(),
  }
}
