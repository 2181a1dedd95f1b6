import { stderr } from 'node:process'
import { SingleBar } from 'cli-progress'

/** A progress bar on standard error if that is a terminal, otherwise nothing. */
export type Progress = {
  /** The part that is done, from 0 to 1, and a text for it. */
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
