import type { Cacher } from './cacher.ts'
import { CacherError } from './errors.ts'

/** What the caches of each kind do, for error messages. */
const effects: Readonly<Record<Cacher['kind'], string>> = {
  'deep-features': 'reuse deep features',
  attention: 'reuse attention outputs',
  guidance: 'leave out evaluations without the prompt',
  forecast: "forecast the model's output",
  'adaptive-output': "reuse the model's output",
  reweighting: 'reweight features',
}

/** The cache of the given kind, if there is one. @throws CacherError if there are several */
export function cacherOf<K extends Cacher['kind']>(
  cachers: readonly Cacher[],
  kind: K,
): Extract<Cacher, { kind: K }> | undefined {
  const found = cachers.filter((cacher): cacher is Extract<Cacher, { kind: K }> => cacher.kind === kind)
  if (found.length > 1) throw conflict(found, effects[kind])
  return found[0]
}

/** Checks that caches can be used in one run: at most one of each kind, and not two that leave out evaluations. @throws CacherError */
export function checkCachers(cachers: readonly Cacher[]): void {
  for (const kind of Object.keys(effects) as readonly Cacher['kind'][]) if (kind !== 'guidance') cacherOf(cachers, kind)
  const [forecast, adaptive] = [cacherOf(cachers, 'forecast'), cacherOf(cachers, 'adaptive-output')]
  if (forecast !== undefined && adaptive !== undefined)
    throw conflict([forecast, adaptive], 'leave out model evaluations')
}

/** The error for caches that cannot be used in one run because they have the same effect. */
function conflict(cachers: readonly Cacher[], effect: string): CacherError {
  const names = [...new Set(cachers.map(({ name }) => name))]
  if (names.length === 1) return new CacherError(`the cache ${names[0]}`, 'given once', `it ${cachers.length} times`)
  const count = names.length === 2 ? 'both' : 'all'
  return new CacherError(
    `the caches ${names.join(' and ')}`,
    `used one at a time, since they ${effect} (keep one)`,
    count,
  )
}
