import { checkNumber, FewstepError, type NumberRange } from '@fewstep/errors'

export class TokenError extends FewstepError {
  override readonly name = 'Solvers.TokenError'
  override readonly kind = 'input'
  constructor(subject: string, expected: string, got: string, remedy: string) {
    super(`${subject}: expected ${expected}, got ${got}; ${remedy}`)
  }
}

/** @throws TokenError unless the value is a number in the range */
export function checkToken(subject: string, value: number, range: NumberRange, remedy: string): void {
  checkNumber(value, range, expected => new TokenError(subject, expected, `${value}`, remedy))
}
