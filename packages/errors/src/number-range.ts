/** The allowed numbers. Infinity is allowed only if it is given as `minimum` or `maximum`. */
export type NumberRange = {
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
  /** A lower bound that is itself not allowed. `minimum` is then ignored. */
  readonly above?: number | undefined
  readonly whole?: boolean | undefined
}

/**
 * Checks that a value is a number in the range.
 *
 * @param refuse creates the error; `expected` describes the range, such as `a whole number from 1 to 1000`
 * @throws the error that `refuse` returns, for any other value
 * @example checkNumber(steps, { whole: true, minimum: 1 }, expected => new RangeError(`steps must be ${expected}, got ${steps}`))
 */
export function checkNumber(value: unknown, range: NumberRange, refuse: (expected: string) => Error): void {
  if (!isInRange(value, range)) throw refuse(describe(range))
}

/** Whether a value is a number in the range. */
export function isInRange(value: unknown, range: NumberRange): value is number {
  const { above, maximum = Number.MAX_VALUE, minimum = -Number.MAX_VALUE, whole = false } = range
  if (typeof value !== 'number' || !(value <= maximum) || (whole && !Number.isSafeInteger(value))) return false
  return above === undefined ? value >= minimum : value > above
}

function describe({ minimum, maximum, above, whole }: NumberRange): string {
  const number = whole ? 'a whole number' : 'a number'
  if (above !== undefined) return `${number} above ${above}${maximum === undefined ? '' : ` and at most ${maximum}`}`
  if (minimum === undefined)
    return maximum === undefined ? (whole ? number : 'a finite number') : `${number} of at most ${maximum}`
  return maximum === undefined ? `${number} of at least ${minimum}` : `${number} from ${minimum} to ${maximum}`
}
