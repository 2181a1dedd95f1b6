import { describe, expect, test } from 'vitest'
import { inPlainWords, type Surfing } from '../src/engine/plain-words.ts'

const source = { kind: 'url', url: 'https://models.example/sd/' } as const

/** A browser that reads an address in some modes. */
const surfing = (modes: readonly RequestMode[], online = true): Surfing => ({
  origin: 'https://page.example',
  online,
  fetch: (_, { mode }) =>
    modes.includes(mode!) ? Promise.resolve() : Promise.reject(new TypeError('Failed to fetch')),
})
const lost = () =>
  new Error('https://models.example/sd/text_encoder_2/model.onnx cannot be reached; check the connection and try again')
const words = async (error: Error, by: Surfing, from: typeof source | { kind: 'embedded'; url: string } = source) =>
  ((await inPlainWords(error, from, by)) as Error).message

describe('a site that cannot be read', () => {
  test('refuses other pages: that is said, with what to do', async () => {
    const message = await words(lost(), surfing(['no-cors']))
    expect(message).toMatch(/models\.example does not let other sites read its files \(CORS\).*Choose a folder/)
    expect(message).not.toMatch(/text_encoder_2|check the connection/)
  })

  test('may refuse, or be away, where the browser does not tell: both are said', async () => {
    const message = await words(lost(), surfing([]))
    expect(message).toMatch(/If you can open this address in a new tab.*CORS.*check the address and the connection/)
    expect(message).not.toContain('text_encoder_2')
  })

  test('is not blamed where the device is offline', async () => {
    expect(await words(lost(), surfing([], false))).toBe(
      'https://models.example/sd/ cannot be reached: this device is offline.',
    )
  })

  test('that answers has lost a connection, as the library says', async () => {
    expect(await words(lost(), surfing(['cors']))).toBe(lost().message)
  })
})

test.each([
  'onnxruntime-web did not load: its .wasm and .mjs files must lie in the place that the bundler gave them, or set `files` to where they are (no available backend found. ERR: [wasm] RuntimeError: Aborted(both async and sync fetching of the wasm failed))',
  'no available backend found. ERR: [wasm] TypeError; what was open is gone: open the models again',
])('a missing engine is named in words for the person who sees it', async message => {
  const said = await words(new Error(message), surfing([]), { kind: 'embedded', url: 'model/' })
  expect(said).toMatch(/could not be loaded.*\.wasm file is missing.*publish all files/)
  expect(said).not.toMatch(/bundler|`files`|backend|ERR/)
})

test('an error stays the same but for its words; others are left alone', async () => {
  const error = Object.assign(new Error('no available backend found'), {
    name: 'RuntimeWeb.RuntimeWebError',
    kind: 'x',
  })
  expect(await inPlainWords(error, source, surfing([]))).toBe(error)
  expect(error).toMatchObject({ name: 'RuntimeWeb.RuntimeWebError', kind: 'x' })
  expect(await words(new Error('unet/model.onnx is missing'), surfing([]))).toBe('unet/model.onnx is missing')
})
