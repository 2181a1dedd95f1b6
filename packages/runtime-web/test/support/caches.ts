import { type Cacher, deepCache, freeU, tGate } from '@fewstep/cachers'

export type Caches = 'none' | 'deepCache' | 'deepCache, tGate' | 'freeU'

/** The caches that images are generated with, in Node and in the page. */
export const caches: Readonly<Record<Caches, readonly Cacher[]>> = {
  none: [],
  deepCache: [deepCache({ interval: 2 })],
  'deepCache, tGate': [deepCache({ interval: 2 }), tGate({ gate: 2 })],
  freeU: [freeU()],
}
