import type { Cacher } from './cacher.ts'
import { CacherError } from './errors.ts'

/** What caches of a kind do, for messages. */
const does: Readonly<Record<Cacher['kind'], string>> = {
  'deep-features': 'reuse deep features',
  attention: 'reuse attention outputs',
  guidance: 'leave out evaluations without the prompt',
  forecast: 'forecast whole outputs',
  'adaptive-output': 'reuse whole outputs',
  reweighting: 'reweight features',
}

/** The cache of a kind, where there is one. @throws CacherError where there are two */
export function cacherOf<K extends Cacher['kind']>(
  cachers: readonly Cacher[],
  kind: K,
): Extract<Cacher, { kind: K }> | undefined {
  const found = cachers.filter((cacher): cacher is Extract<Cacher, { kind: K }> => cacher.kind === kind)
  if (found.length > 1) throw conflict(found, does[kind])
  return found[0]
}

/** Caches that cannot be used in one run, since they do the same. */
export function conflict(cachers: readonly Cacher[], what: string): CacherError {
  const names = [...new Set(cachers.map(({ name }) => name))]
  if (names.length === 1) return new CacherError(`the cache ${names[0]}`, 'given once', `it ${cachers.length} times`)
  const all = names.length === 2 ? 'both' : 'all'
  return new CacherError(`the caches ${names.join(' and ')}`, `used one at a time, since they ${what} (keep one)`, all)
}
