import { checkNumber as checkRange, FewstepError } from '@fewstep/errors'

/** A cache with a wrong option, or in a run where it cannot be used. */
export class CacherError extends FewstepError {
  override readonly name = 'Cachers.CacherError'
  override readonly kind = 'input'
  constructor(subject: string, expected: string, got: unknown) {
    super(`${subject} must be ${expected}, got ${got}`)
  }
}

/** There is no cache of this name. */
export class UnknownCacherError extends FewstepError {
  override readonly name = 'Cachers.UnknownCacherError'
  override readonly kind = 'input'
}

/** @throws CacherError */
export function checkNumber(subject: string, value: number, minimum: number, maximum: number): void {
  checkRange(value, { minimum, maximum }, expected => new CacherError(subject, expected, value))
}

/** @throws CacherError */
export function checkWhole(subject: string, value: number, minimum: number): void {
  checkRange(value, { whole: true, minimum }, expected => new CacherError(subject, expected, value))
}
