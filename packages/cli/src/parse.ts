import { checkNumber, type NumberRange } from '@fewstep/errors'
import { ArgumentError } from './exit-code.ts'

/** @throws ArgumentError */
export function parseNumber(option: string, text: string, range: NumberRange = {}): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  checkNumber(value, range, expected => new ArgumentError(`--${option} must be ${expected}, got ${text}`))
  return value
}

/** Gathers an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
