import { isFewstepError } from '@fewstep/errors'
import {
  answerer,
  calls,
  type Library,
  type LibrarySession,
  type Link,
  linkOf,
  loadedThere,
  namedFiles,
} from '@fewstep/runtime/remote'
import { describe, expect, test } from 'vitest'
import { withExternalData } from '../src/conformance/models.ts'

type Made = { readonly given: Parameters<Library['create']>; released: number }

/** A library on a device that keeps values. It records its requests; its sessions have outputs of the given types. */
function fakeLibrary(types: readonly string[], refuse: (time: number) => boolean = () => false) {
  const made: Made[] = []
  const library: Library = {
    async create(...given) {
      if (refuse(made.length)) throw new Error('there is no room')
      const one: Made = { given, released: 0 }
      made.push(one)
      const session: LibrarySession = {
        outputNames: types,
        inputMetadata: [],
        outputMetadata: types.map(type => ({ name: type, isTensor: true, type, shape: [1] })),
        run: async () => ({}),
        async release() {
          one.released += 1
          if (one.released > 1) throw new Error('it has been released')
        },
      }
      return session
    },
    tensor: () => Promise.reject(new Error('it takes nothing')),
    memory: () => ({ own: true, keeps: true }),
    namedFiles,
  }
  return { library, made }
}

/** Both sides of the exchange in one thread. */
function connected(library: Library): Link {
  const answer = answerer(library)
  const asked = calls(question => {
    answer(question as Parameters<typeof answer>[0]).then(({ answer }) => asked.receive(structuredClone(answer)))
  })
  return linkOf(asked, freed => freed)
}

const { model, files } = withExternalData(Float32Array.of(1, 2))
const blob = new Blob([model as Uint8Array<ArrayBuffer>])

describe('a graph with outputs that cannot be held on the device', () => {
  const kept = { device: 'webgpu', keep: 'all' } as const

  test('is opened again, from the same bytes, to keep the others', async () => {
    const { library, made } = fakeLibrary(['float32', 'float64'])
    const link = connected(library)
    const { model: sent } = await loadedThere({ blob, external: async name => files.get(name)! }, link)
    await link.ask('open', { ...kept, model: sent })
    expect(made.map(({ given: [, more] }) => more.preferredOutputLocation)).toEqual([
      'gpu-buffer',
      { float32: 'gpu-buffer' },
    ])
    for (const { given } of made) expect(given[0].model).toEqual({ bytes: model, external: files })
    expect(made.map(({ released }) => released)).toEqual([1, 0])
  })

  test('reports why opening it again failed', async () => {
    const { library } = fakeLibrary(['float64'], time => time === 1)
    const opened = connected(library).ask('open', { ...kept, model: { bytes: model } })
    await expect(opened).rejects.toThrow('there is no room')
  })
})

test('the bytes of a model are used by one graph, and dropped if its weights cannot be read', async () => {
  const { library, made } = fakeLibrary(['float32'])
  const link = connected(library)
  const external = () => Promise.reject(new Error('there is no connection'))
  await expect(loadedThere({ blob, external }, link)).rejects.toThrow('no connection')
  const { model: sent } = await loadedThere({ blob, external: async name => files.get(name)! }, link)
  const open = (loaded: number) =>
    link.ask('open', { device: 'webgpu', keep: [], model: { loaded, external: new Map() } })
  const { loaded } = sent as { readonly loaded: number }
  for (const number of [loaded, loaded, loaded - 1]) await open(number)
  expect(made.map(({ given }) => given[0].model)).toMatchObject([
    { bytes: model },
    { bytes: undefined },
    { bytes: undefined },
  ])
})

describe('an error of the other thread', () => {
  const settings = { device: 'cpu', model: { bytes: model }, keep: [] } as const

  test('keeps its kind and its marker', async () => {
    const { library } = fakeLibrary(['string'])
    const error: unknown = await connected(library)
      .ask('open', settings)
      .catch((reason: unknown) => reason)
    expect(isFewstepError(error)).toBe(true)
    expect(error).toMatchObject({ name: 'Runtime.RemoteError', kind: 'model', message: /takes strings/ } as object)
    const wrong = connected(fakeLibrary(['float32']).library).ask('open', { ...settings, keep: ['nothing'] })
    await expect(wrong).rejects.toMatchObject({ kind: 'input', message: /there is no output nothing/ } as object)
  })

  test('has the kind runtime if it is not an error of fewstep', async () => {
    const { library } = fakeLibrary(['float32'], () => true)
    await expect(connected(library).ask('open', settings)).rejects.toMatchObject({ kind: 'runtime' })
  })
})
