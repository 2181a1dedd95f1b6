import { type ErrorKind, FewstepError } from '@fewstep/errors'

/** An error of the runtime in the browser, or of a folder of models there. */
export class RuntimeWebError extends FewstepError {
  override readonly name = 'RuntimeWeb.RuntimeWebError'
  override readonly kind: ErrorKind
  constructor(message: string, kind: ErrorKind = 'runtime') {
    super(message)
    this.kind = kind
  }
}
