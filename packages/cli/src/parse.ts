import { checkNumber, type NumberRange } from '@fewstep/errors'
import { readSeed, type Seed } from '@fewstep/tensor'
import { ArgumentError } from './exit-code.ts'

/** @throws ArgumentError */
export function parseNumber(option: string, text: string, range: NumberRange = {}): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  checkNumber(value, range, expected => new ArgumentError(`--${option} must be ${expected}, got ${text}`))
  return value
}

/** Decimal text of up to 64 bits, as torch takes seeds. @throws ArgumentError */
export function parseSeed(text: string): Seed {
  try {
    return readSeed(text)
  } catch {
    throw new ArgumentError(`--seed must be a whole number from -2^63 to 2^64-1, got ${text}`)
  }
}

/** Collects the values of an option that can be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
