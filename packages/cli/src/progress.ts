import { stderr } from 'node:process'
import { SingleBar } from 'cli-progress'

/** A bar on standard error where that is a terminal, else nothing. */
export type Progress = {
  /** `done` of `total` network calls. */
  report(done: number, total: number): void
  stop(): void
}

export function progress(): Progress {
  if (!stderr.isTTY) return { report() {}, stop() {} }
  const bar = new SingleBar({ format: '{bar} {percentage}% · {doing}', stream: stderr, clearOnComplete: true })
  bar.start(1, 0, { doing: 'opening the model' })
  return {
    report(done, total) {
      bar.setTotal(total)
      bar.update(done, { doing: `call ${done} of ${total}` })
    },
    stop: () => bar.stop(),
  }
}
