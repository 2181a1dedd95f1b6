import { stderr } from 'node:process'
import { SingleBar } from 'cli-progress'

/** A bar on standard error where that is a terminal, else nothing. */
export type Progress = {
  /** The part that is done, 0 to 1, and what that is. */
  report(part: number, doing: string): void
  stop(): void
}

export function progress(): Progress {
  if (!stderr.isTTY) return { report() {}, stop() {} }
  const bar = new SingleBar({ format: '{bar} {percentage}% · {doing}', stream: stderr, clearOnComplete: true })
  bar.start(1, 0, { doing: 'opening the model' })
  return {
    report: (part, doing) => bar.update(part, { doing }),
    stop: () => bar.stop(),
  }
}
