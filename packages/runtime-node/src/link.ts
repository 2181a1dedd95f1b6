import { type ChildProcess, fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { type Answer, calls, type Link, linkOf } from '@fewstep/runtime/remote'
import { childEnvironment, childOptions } from './child-options.ts'
import { endOf, startProblem } from './problems.ts'
import { RuntimeNodeError } from './runtime-node-error.ts'

/**
 * Starts the process that holds onnxruntime-node. It ends with this process, and does not keep this process alive while no
 * question waits for an answer.
 *
 * @throws RuntimeNodeError if no process can be started
 */
export function startProcess(entry: URL): Link {
  const child = forked(entry)
  const stop = (): void => void child.kill('SIGKILL')
  const questions = calls(question => {
    if (questions.waiting === 1) {
      hold(child)
      // During a run, the library's process would notice only afterwards that this process has ended.
      process.once('exit', stop)
    }
    // A question that cannot be sent is rejected when the process has ended.
    child.send(question, () => {})
  })
  const rest = (): void => {
    process.off('exit', stop)
    release(child)
  }
  child.on('message', (answer: Answer) => {
    questions.receive(withOwnBuffers(answer))
    if (questions.waiting === 0) rest()
  })
  // The event 'close' comes after the last message, even if the process has crashed.
  const closed = new Promise<void>(resolve => {
    const end = (reason: string): void => {
      questions.fail(reason)
      rest()
      resolve()
    }
    child.on('close', (code, signal) => end(endOf(code, signal)))
    child.on('error', error => {
      // With a pid, the error is about a single message, or about a process that has ended.
      if (child.pid === undefined) end(startProblem(error))
    })
  })
  release(child)
  return linkOf(questions, async freed => {
    await freed
    hold(child)
    // Everything has been freed, and the library's clean-up at the end of a process can crash.
    stop()
    await closed
  })
}

function forked(entry: URL): ChildProcess {
  const path = fileURLToPath(entry)
  if (!existsSync(path)) {
    throw new RuntimeNodeError(
      `${path} is missing, the script of the process that runs ONNX Runtime; if a bundler built this program, mark @fewstep/runtime-node as external`,
    )
  }
  try {
    return fork(path, [], {
      serialization: 'advanced',
      execArgv: [...childOptions(process.execArgv)],
      env: childEnvironment(process.env, process.versions),
      // Libraries and drivers write messages. They must not mix with this process's standard output.
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

/** The answer with a separate buffer for each tensor. As received, all tensors are views of one message. */
function withOwnBuffers(answer: Answer): Answer {
  if (!('result' in answer) || answer.result?.constructor !== Object) return answer
  const result = Object.entries(answer.result).map(([name, value]) => [
    name,
    ArrayBuffer.isView(value?.data) ? { ...value, data: (value.data as Uint8Array).slice() } : value,
  ])
  return { ...answer, result: Object.fromEntries(result) }
}
