import { checkNumber as checkRange, FewstepError } from '@fewstep/errors'

export class CacherError extends FewstepError {
  override readonly name = 'Cachers.CacherError'
  override readonly kind = 'input'
  constructor(subject: string, expected: string, got: unknown) {
    super(`${subject} must be ${expected}, got ${got}`)
  }
}

/** A name that no cache has. */
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
