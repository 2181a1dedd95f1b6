import { type ChildProcess, fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { type Answer, calls, type Link, linkOf } from '@fewstep/runtime/remote'
import { childEnvironment, childOptions } from './child-options.ts'
import { endOf, startProblem } from './problems.ts'
import { RuntimeNodeError } from './runtime-node-error.ts'

/**
 * Starts the process that holds onnxruntime-node. It does not keep this process alive while nothing is asked, and ends
 * with it.
 *
 * @throws RuntimeNodeError where no process can be started
 */
export function startProcess(entry: URL): Link {
  const child = forked(entry)
  const stop = (): void => void child.kill('SIGKILL')
  const asked = calls(question => {
    if (asked.waiting === 1) {
      hold(child)
      // In the middle of a run it would notice only afterwards that this process has ended.
      process.once('exit', stop)
    }
    // What cannot be sent any more is rejected when the process has ended.
    child.send(question, () => {})
  })
  const rest = (): void => {
    process.off('exit', stop)
    release(child)
  }
  child.on('message', (answer: Answer) => {
    asked.receive(owned(answer))
    if (asked.waiting === 0) rest()
  })
  // It comes after the last message, even where the process has crashed.
  const closed = new Promise<void>(resolve => {
    const end = (reason: string): void => {
      asked.fail(reason)
      rest()
      resolve()
    }
    child.on('close', (code, signal) => end(endOf(code, signal)))
    child.on('error', error => {
      // Others are of single messages, or of a process that has ended.
      if (child.pid === undefined) end(startProblem(error))
    })
  })
  release(child)
  return linkOf(asked, async freed => {
    await freed
    hold(child)
    // The library's own clean-up at the end of a process can crash, and everything has been freed.
    stop()
    await closed
  })
}

function forked(entry: URL): ChildProcess {
  const path = fileURLToPath(entry)
  if (!existsSync(path)) {
    throw new RuntimeNodeError(
      `${path} is missing, which holds onnxruntime-node; a bundler must leave @fewstep/runtime-node out (as an external package)`,
    )
  }
  try {
    return fork(path, [], {
      serialization: 'advanced',
      execArgv: [...childOptions(process.execArgv)],
      env: childEnvironment(process.env, process.versions),
      // Standard output is this process's alone: libraries and drivers write messages.
      stdio: ['ignore', 2, 2, 'ipc'],
      windowsHide: true,
    })
  } catch (error) {
    throw new RuntimeNodeError(startProblem(error as NodeJS.ErrnoException))
  }
}

function hold(child: ChildProcess): void {
  child.ref()
  child.channel?.ref()
}

function release(child: ChildProcess): void {
  child.unref()
  child.channel?.unref()
}

/** An answer whose tensors have buffers of their own: those that come are views of the whole message. */
function owned(answer: Answer): Answer {
  if (!('result' in answer) || answer.result?.constructor !== Object) return answer
  const result = Object.entries(answer.result).map(([name, value]) => [
    name,
    ArrayBuffer.isView(value?.data) ? { ...value, data: (value.data as Uint8Array).slice() } : value,
  ])
  return { ...answer, result: Object.fromEntries(result) }
}
