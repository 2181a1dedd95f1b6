import { answerer, type Library } from '@fewstep/runtime/answerer'
import { expect, test } from 'vitest'

/** A library that records what it receives. */
function listening() {
  const given: unknown[] = []
  const library: Library = {
    async create({ model }) {
      given.push(model)
      return {
        outputNames: [],
        inputMetadata: [],
        outputMetadata: [],
        run: async () => ({}),
        release: async () => {},
      }
    },
    tensor: () => Promise.reject(new Error('it takes nothing')),
    memory: () => ({ own: false, keeps: false }),
  }
  return { answer: answerer(library), given }
}

test('bytes sent in pieces become a model and its weights, for one graph', async () => {
  const { answer, given } = listening()
  const room = async (whole: Uint8Array, size: number): Promise<number> => {
    const { answer: made } = await answer({ id: 1, kind: 'room', size: whole.length })
    const { loaded } = (made as unknown as { readonly result: { readonly loaded: number } }).result
    for (let at = 0; at < whole.length; at += size) {
      await answer({ id: 2, kind: 'piece', loaded, at, bytes: whole.subarray(at, at + size) })
    }
    return loaded
  }
  const [bytes, weights] = [Uint8Array.from({ length: 10 }, (_, i) => i), Uint8Array.of(7, 8, 9)]
  const [loaded, beside] = [await room(bytes, 3), await room(weights, 3)]
  const external = new Map([
    ['a.bin', { loaded: beside }],
    ['b.bin', { path: '/b.bin' }],
  ])
  for (let i = 0; i < 2; i++) {
    await answer({ id: 3, kind: 'open', device: 'cpu', keep: [], model: { loaded, external } })
  }
  expect(given).toEqual([
    {
      bytes,
      external: new Map<string, unknown>([
        ['a.bin', weights],
        ['b.bin', { path: '/b.bin' }],
      ]),
    },
    {
      bytes: undefined,
      external: new Map<string, unknown>([
        ['a.bin', undefined],
        ['b.bin', { path: '/b.bin' }],
      ]),
    },
  ])
})
