import type { Cacher } from './cacher.ts'
import { CacherError } from './errors.ts'

/** The cache of a kind, where there is one. @throws CacherError where there are two */
export function cacherOf<K extends Cacher['kind']>(
  cachers: readonly Cacher[],
  kind: K,
): Extract<Cacher, { kind: K }> | undefined {
  const found = cachers.filter((cacher): cacher is Extract<Cacher, { kind: K }> => cacher.kind === kind)
  if (found.length > 1)
    throw new CacherError('cachers', 'at most one of a kind', found.map(({ name }) => name).join(' and '))
  return found[0]
}
