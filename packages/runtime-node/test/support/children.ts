import { execFileSync } from 'node:child_process'
import { pid } from 'node:process'

type Child = { readonly pid: number; readonly rss: number; readonly state: string; readonly command: string }

/** The child processes of this process that still exist, including ended ones that have not been waited for. */
export function children(of = pid): readonly Child[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss=,state=,args='], { encoding: 'utf8' })
    .trim()
    .split('\n')
  return lines.flatMap(line => {
    const [own, parent, rss, state, ...command] = line.trim().split(/\s+/)
    const child = { pid: Number(own), rss: 1024 * Number(rss), state: state!, command: command.join(' ') }
    return Number(parent) === of && command[0] !== 'ps' ? [child] : []
  })
}

/** The bytes of memory of this process and of the library's processes. */
export function memory(): number {
  return process.memoryUsage().rss + children().reduce((sum, { rss }) => sum + rss, 0)
}
