import { type ErrorKind, FewstepError } from '@fewstep/errors'

/** An error of the runtime in Node, or of a folder of models there. */
export class RuntimeNodeError extends FewstepError {
  override readonly name = 'RuntimeNode.RuntimeNodeError'
  override readonly kind: ErrorKind
  constructor(message: string, kind: ErrorKind = 'runtime') {
    super(message)
    this.kind = kind
  }
}
