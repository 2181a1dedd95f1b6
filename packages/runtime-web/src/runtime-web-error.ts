import { type ErrorKind, FewstepError } from '@fewstep/errors'

export class RuntimeWebError extends FewstepError {
  override readonly name = 'RuntimeWeb.RuntimeWebError'
  override readonly kind: ErrorKind
  constructor(message: string, kind: ErrorKind = 'runtime') {
    super(message)
    this.kind = kind
  }
}
