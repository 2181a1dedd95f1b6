export class CacherError extends Error {
  override readonly name = 'Cachers.CacherError'
  constructor(subject: string, expected: string, got: unknown) {
    super(`${subject} must be ${expected}, got ${got}`)
  }
}

/** A name that no cache has. */
export class UnknownCacherError extends Error {
  override readonly name = 'Cachers.UnknownCacherError'
}

export function checkNumber(subject: string, value: number, minimum: number, maximum: number): void {
  if (value >= minimum && value <= maximum) return
  throw new CacherError(subject, `a number from ${minimum} to ${maximum}`, value)
}

export function checkWhole(subject: string, value: number, minimum: number): void {
  if (Number.isSafeInteger(value) && value >= minimum) return
  throw new CacherError(subject, `a whole number of at least ${minimum}`, value)
}
