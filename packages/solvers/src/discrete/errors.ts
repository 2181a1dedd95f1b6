import { FewstepError } from '@fewstep/errors'

export class TokenError extends FewstepError {
  override readonly name = 'Solvers.TokenError'
  override readonly kind = 'input'
  constructor(subject: string, expected: string, got: string, remedy: string) {
    super(`${subject}: expected ${expected}, got ${got}; ${remedy}`)
  }
}
