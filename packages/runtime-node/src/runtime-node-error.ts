import { type ErrorKind, FewstepError } from '@fewstep/errors'

export class RuntimeNodeError extends FewstepError {
  override readonly name = 'RuntimeNode.RuntimeNodeError'
  override readonly kind: ErrorKind
  constructor(message: string, kind: ErrorKind = 'runtime') {
    super(message)
    this.kind = kind
  }
}
