import { checkNumber, FewstepError } from '@fewstep/errors'

export type OptionValue = number | boolean | string

/** The values that an option of a solver, a schedule or a cache accepts. */
export type OptionSpec = {
  readonly type: 'number' | 'integer' | 'boolean' | 'string' | 'choice'
  readonly default?: OptionValue
  readonly minimum?: number
  readonly maximum?: number
  readonly choices?: readonly string[]
  readonly help: string
}

/**
 * Checks options, given as text or as values, against their specs. Absent options take their default, if they have one.
 *
 * @param subject the owner of the options, for messages
 * @throws NamedOptionError
 */
export function readOptions(
  specs: Readonly<Record<string, OptionSpec>>,
  given: Readonly<Record<string, OptionValue>>,
  subject = 'this',
): Record<string, OptionValue> {
  const names = Object.keys(specs)
  const out: Record<string, OptionValue> = {}
  for (const [name, spec] of Object.entries(specs)) if (spec.default !== undefined) out[name] = spec.default
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(specs, name)) {
      const options = names.length === 0 ? 'it has none' : `its options are ${names.join(', ')}`
      throw new NamedOptionError(`${subject} has no option '${name}'${didYouMean(name, names)}; ${options}`)
    }
    out[name] = readValue(`${subject}: ${name}`, specs[name]!, value)
  }
  return out
}

function readValue(subject: string, spec: OptionSpec, value: OptionValue): OptionValue {
  if (spec.type === 'string') return String(value)
  if (spec.type === 'boolean') {
    if (value === true || value === 'true' || value === '1') return true
    if (value === false || value === 'false' || value === '0') return false
    throw new NamedOptionError(`${subject} must be true or false, got '${value}'`)
  }
  if (spec.type === 'choice') {
    const choices = spec.choices ?? []
    if (choices.includes(String(value))) return String(value)
    throw new NamedOptionError(
      `${subject} must be one of ${choices.join(', ')}, got '${value}'${didYouMean(String(value), choices)}`,
    )
  }
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  const range = { whole: spec.type === 'integer', minimum: spec.minimum, maximum: spec.maximum }
  checkNumber(number, range, expected => new NamedOptionError(`${subject} must be ${expected}, got '${value}'`))
  return number
}

/** `, did you mean karras?` if a similar name exists, otherwise an empty string. */
export function didYouMean(name: string, names: readonly string[]): string {
  const [near] = nearest(name, names)
  return near === undefined ? '' : `, did you mean ${near}?`
}

/** The names that differ from the given one in a few letters, the nearest first. */
export function nearest(name: string, names: readonly string[]): readonly string[] {
  return names
    .map(other => ({ other, distance: editDistance(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(2, name.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .map(({ other }) => other)
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}

export class NamedOptionError extends FewstepError {
  override readonly name = 'Schedules.NamedOptionError'
  override readonly kind = 'input'
}
