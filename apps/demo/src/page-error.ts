import { type ErrorKind, FewstepError } from '@fewstep/errors'

/** An error of the page itself, in words for the person at it. */
export class PageError extends FewstepError {
  override readonly name = 'Demo.PageError'
  override readonly kind: ErrorKind
  constructor(message: string, kind: ErrorKind = 'input') {
    super(message)
    this.kind = kind
  }
}
