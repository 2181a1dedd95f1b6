/** Which numbers are right. Infinite ones are right only where they are named as `minimum` or `maximum`. */
export type NumberRange = {
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
  /** An open lower bound; `minimum` is ignored beside it. */
  readonly above?: number | undefined
  readonly whole?: boolean | undefined
}

/**
 * Does nothing where the value is a number in the range.
 *
 * @param refuse makes the error; `expected` names the range, such as `a whole number from 1 to 1000`
 * @throws what `refuse` returns
 * @example checkNumber(steps, { whole: true, minimum: 1 }, expected => new RangeError(`steps must be ${expected}, got ${steps}`))
 */
export function checkNumber(value: unknown, range: NumberRange, refuse: (expected: string) => Error): void {
  const { above, maximum = Number.MAX_VALUE, minimum = -Number.MAX_VALUE, whole = false } = range
  const lowEnough = typeof value === 'number' && value <= maximum && (!whole || Number.isSafeInteger(value))
  if (lowEnough && (above === undefined ? value >= minimum : value > above)) return
  throw refuse(inWords(range))
}

function inWords({ minimum, maximum, above, whole }: NumberRange): string {
  const number = whole ? 'a whole number' : 'a number'
  if (above !== undefined) return `${number} above ${above}${maximum === undefined ? '' : ` and at most ${maximum}`}`
  if (minimum === undefined)
    return maximum === undefined ? (whole ? number : 'a finite number') : `${number} of at most ${maximum}`
  return maximum === undefined ? `${number} of at least ${minimum}` : `${number} from ${minimum} to ${maximum}`
}
