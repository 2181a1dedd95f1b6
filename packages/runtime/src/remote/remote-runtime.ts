import { type ErrorKind, kindOf } from '@fewstep/errors'
import { deviceOps } from '../device-ops.ts'
import type { Model, Runtime } from '../runtime.ts'
import type { Handed, Link, RemoteError } from './calls.ts'
import type { OpenSettings, SentModel } from './messages.ts'
import { labelOf } from './models.ts'
import { heldValues, session } from './session.ts'

export type RemoteOptions = {
  /** The library's name. */
  readonly name: string
  readonly settings: OpenSettings
  /** Starts the thread or process. Called at once, and, with `again`, when a model is opened after it has ended by itself. */
  readonly connect: () => Link
  readonly again: boolean
  /** Prepares a model for sending, with the buffers to transfer. */
  readonly send: (model: Model, link: Link) => Promise<{ readonly model: SentModel; readonly handed: Handed }>
  /** Why a model did not open, with the remedy. Not called if the thread has ended. */
  readonly openProblem: (
    error: RemoteError,
    on: { readonly model: Model; readonly label: string; readonly link: Link },
  ) => Promise<string>
  /** Why a run failed, from the library's error message. */
  readonly runProblem: (message: string) => string
  /** Creates an error of the runtime's class. */
  readonly error: (message: string, kind?: ErrorKind) => Error
}

/** A runtime whose library runs in another thread or process, where `answerer` answers the questions of {@link Link}. */
export function remoteRuntime(options: RemoteOptions): Runtime {
  const { name, settings, connect, again, send, openProblem, runProblem, error } = options
  let link = connect()
  let disposed = false
  let graphs = 0
  const rest = (): void => {
    if (graphs === 0 && values.count(link) === 0) ops.release()
  }
  const values = heldValues(rest)
  const opener =
    (closed: (of: Link) => void): Runtime['open'] =>
    async (model, { keep = [] } = {}) => {
      if (link.ended !== undefined && again && !disposed) {
        link = connect()
        graphs = 0
        ops.release()
      }
      const on = link
      const label = labelOf(model)
      try {
        const { model: sent, handed } = await send(model, on)
        const opened = await on.ask('open', { ...settings, model: sent, keep }, handed)
        return session(opened, { label, link: on, values, closed: () => closed(on), error, runProblem })
      } catch (reason) {
        const { message } = reason as RemoteError
        if (on.ended !== undefined) throw error(`${label}: ${message}`)
        // If the library refuses to open a model, the problem is in the model.
        const reported = kindOf(reason)
        const kind = reported === undefined || reported === 'runtime' ? 'model' : reported
        throw error(await openProblem(reason as RemoteError, { model, label, link: on }), kind)
      }
    }
  const ops = deviceOps({ open: opener(() => {}), dispose: values.free })
  const open = opener(of => {
    if (of !== link) return
    graphs -= 1
    rest()
  })
  return {
    name,
    device: settings.device,
    ops,
    async open(model, options) {
      const opened = await open(model, options)
      graphs += 1
      return opened
    },
    usage: () => link.ask('usage', {}).catch(({ message }: Error) => Promise.reject(error(message))),
    dispose() {
      disposed = true
      return link.end()
    },
  }
}
