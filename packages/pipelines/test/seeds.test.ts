import { type TextToImage, textToImage } from '@fewstep/pipelines'
import { parseSettings, printSettings, type Settings } from '@fewstep/pipelines/settings'
import { nodeRuntime } from '@fewstep/runtime-node'
import { torchGenerator } from '@fewstep/tensor'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tinyFolder } from '../../../test/support/tiny-folder.ts'

describe('seeds of an image', () => {
  const runtime = nodeRuntime()
  let pipe: TextToImage

  beforeAll(async () => {
    pipe = await textToImage(tinyFolder(), { runtime })
  })
  afterAll(() => runtime.dispose())

  test('reach to 2^64-1, and a range across 2^53 counts by ones', async () => {
    const asked: (number | bigint)[] = []
    const generator = (seed: number | bigint) => {
      asked.push(seed)
      return torchGenerator(seed)
    }
    const images = await pipe.generate('a star', { steps: 1, seed: 2 ** 53 - 2, count: 4, generator })
    const seeds = [2 ** 53 - 2, 2 ** 53 - 1, 2n ** 53n, 2n ** 53n + 1n]
    expect(asked).toEqual(seeds)
    expect(images.map(({ seed }) => seed)).toEqual(seeds)
    const [last] = await pipe.generate('a star', { steps: 1, seed: 2n ** 64n - 1n })
    // torch's generator on a CPU takes the low 32 bits, and so does diffusers' image.
    const [same] = await pipe.generate('a star', { steps: 1, seed: 2 ** 32 - 1 })
    expect(last!.seed).toBe(2n ** 64n - 1n)
    expect(last!.data).toEqual(same!.data)
    expect(last!.data).not.toEqual(images[0]!.data)
  })

  test.each([
    [
      { seed: 2n ** 64n },
      /seed must be a whole number from -2\^63 to 2\^64-1, a bigint beyond 2\^53, got 18446744073709551616/,
    ],
    [{ seed: 2 ** 53 }, /seed must be a whole number/],
    [{ seed: 0.5 }, /seed must be a whole number/],
    [{ seed: 2n ** 64n - 2n, count: 3 }, /count must be at most 2 from seed 18446744073709551614/],
  ])('%o is refused', async (options, words) => {
    await expect(pipe.generate('a star', { steps: 1, ...options })).rejects.toThrow(words)
  })
})

describe('seeds in the settings of an image', () => {
  const settings: Settings = { prompt: 'a star', negative: '', steps: 1, guidance: 1, seed: 7 }

  test.each([
    [7, '"seed":7'],
    [-(2 ** 53) + 1, '"seed":-9007199254740991'],
    [2n ** 53n, '"seed":"9007199254740992"'],
    [2n ** 64n - 1n, '"seed":"18446744073709551615"'],
  ])('%s is %s, and is read again', (seed, json) => {
    const printed = printSettings({ ...settings, seed })
    expect(printed).toContain(json)
    expect(parseSettings(printed).seed).toBe(seed)
  })

  test.each(['1.5', '18446744073709551615', '9007199254740992', '"18446744073709551616"', '"x"', 'null', 'true'])(
    '%s is refused',
    seed => {
      expect(() => parseSettings(printSettings(settings).replace('"seed":7', `"seed":${seed}`))).toThrow(/seed/)
    },
  )
})
