import { ArgumentError } from './exit-code.ts'

export type NumberSpec = { readonly whole?: boolean; readonly minimum?: number; readonly maximum?: number }

/** @throws ArgumentError */
export function parseNumber(option: string, text: string, spec: NumberSpec = {}): number {
  const { whole = false, minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = spec
  const value = Number(text)
  const kind = whole ? Number.isSafeInteger(value) : Number.isFinite(value)
  if (text.trim() !== '' && kind && value >= minimum && value <= maximum) return value
  const low = Number.isFinite(minimum)
  const range =
    low && Number.isFinite(maximum) ? ` from ${minimum} to ${maximum}` : low ? ` of at least ${minimum}` : ''
  throw new ArgumentError(`--${option} must be a ${whole ? 'whole ' : ''}number${range}, got ${text}`)
}

/** Gathers an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
