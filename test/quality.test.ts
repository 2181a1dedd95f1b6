import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pixels } from '@fewstep/pipelines'
import { nodeRuntime } from '@fewstep/runtime-node'
import { torchGenerator } from '@fewstep/tensor'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shareOf } from '../benchmarks/support/bootstrap.ts'
import { frechetDistance, type Statistics, statistics } from '../benchmarks/support/frechet.ts'
import { type Judge, openJudge } from '../benchmarks/support/judge.ts'
import { composition, fidelity, frechet, readPrompts } from '../benchmarks/support/measures.ts'
import { type Quality, qualityTable, withRow } from '../benchmarks/support/quality-results.ts'
import { stocked } from '../benchmarks/support/stock.ts'
import figures from '../reference/data/frechet.json' with { type: 'json' }

const side = 64

/** A shape of one colour on white, drawn at twice the size and halved. */
function drawn(rgb: readonly number[], inside: (x: number, y: number) => boolean): Pixels {
  const data = new Uint8ClampedArray(3 * side * side)
  for (let i = 0; i < side * side; i++) {
    const [x, y] = [i % side, Math.floor(i / side)]
    const hits = [0.25, 0.75].flatMap(v => [0.25, 0.75].filter(u => inside((x + u) / 32 - 1, (y + v) / 32 - 1))).length
    for (let c = 0; c < 3; c++) data[3 * i + c] = 255 + ((rgb[c]! - 255) * hits) / 4
  }
  return { width: side, height: side, data }
}
const disc = (rgb: readonly number[]) => drawn(rgb, (x, y) => x * x + y * y < 0.86)
const box = (rgb: readonly number[]) => drawn(rgb, (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.92)
const heart = (rgb: readonly number[]) =>
  drawn(rgb, (x, y) => {
    const [u, v] = [1.3 * x, -1.3 * y + 0.15]
    return (u * u + v * v - 1) ** 3 - u * u * v ** 3 < 0
  })
const [red, green, blue, yellow] = [
  [221, 46, 68],
  [120, 177, 89],
  [85, 172, 238],
  [253, 203, 88],
] as const

describe('the judge', () => {
  const runtime = nodeRuntime({ threads: 1 })
  let judge: Judge
  beforeAll(async () => {
    judge = await openJudge(runtime)
  })
  afterAll(() => runtime.dispose())

  const shapes = [
    { picture: disc(red), name: 'red-circle', noun: 'circle', colour: 'red' },
    { picture: disc(green), name: 'green-circle', noun: 'circle', colour: 'green' },
    { picture: disc(blue), name: 'blue-circle', noun: 'circle', colour: 'blue' },
    { picture: disc(yellow), name: 'yellow-circle', noun: 'circle', colour: 'yellow' },
    { picture: box(red), name: 'red-square', noun: 'square', colour: 'red' },
    { picture: box(blue), name: 'blue-square', noun: 'square', colour: 'blue' },
    { picture: heart(green), name: 'green-heart', noun: 'heart', colour: 'green' },
    { picture: heart(blue), name: 'blue-heart', noun: 'heart', colour: 'blue' },
  ]

  test.each(shapes)('recognises a $name', async ({ picture, name, noun, colour }) => {
    const [said] = await judge.judge([picture])
    expect(said!.names).toContain(name)
    expect(said!.nouns).toContain(noun)
    expect(said!.colour).toBe(colour)
  })

  test('gives an image the same result alone and among more than one batch', async () => {
    const many = Array.from({ length: 70 }, (_, i) => shapes[i % shapes.length]!.picture)
    const all = await judge.judge(many)
    const [alone] = await judge.judge([many[69]!])
    expect(all).toHaveLength(70)
    expect(all[69]!.names).toEqual(alone!.names)
    for (const [i, value] of all[69]!.features.entries()) expect(value).toBeCloseTo(alone!.features[i]!, 4)
  })

  test('fidelity counts the images that show their prompt', async () => {
    const pictures = [disc(red), disc(blue), box(red), heart(blue)]
    const right = ['red-circle', 'blue-circle', 'red-square', 'blue-heart']
    expect(await fidelity(judge, pictures, right)).toEqual({ share: 1, low: 1, high: 1, count: 4 })
    const half = await fidelity(judge, pictures, ['red-circle', 'pizza', 'red-square', 'rocket'])
    expect(half).toMatchObject({ share: 0.5, count: 4 })
  })

  test('a combination is right by its colour, by its name, or by both', async () => {
    const asked = [
      { prompt: 'a', colour: 'red', name: 'circle' },
      { prompt: 'b', colour: 'red', name: 'circle' },
      { prompt: 'c', colour: 'red', name: 'pizza' },
      { prompt: 'd', colour: 'green', name: 'pizza' },
    ]
    const found = await composition(judge, [disc(red), disc(blue), disc(red), disc(blue)], asked)
    expect([found.colour.share, found.name.share, found.both.share]).toEqual([0.5, 0.5, 0.25])
  })

  test('images of shapes are further from the real ones than real ones are', async () => {
    const distance = await frechet(
      judge,
      shapes.map(({ picture }) => picture),
    )
    expect(distance).toBeGreaterThan(10 * judge.scores.frechet.distance)
  })

  test('real images pass', () => {
    expect(judge.scores.real.fiveBest).toBeGreaterThan(0.85)
  })

  test('knows every name of the prompts', async () => {
    const { prompts, combinations, captions } = await readPrompts()
    expect([prompts.length, combinations.length, captions.length]).toEqual([256, 16, 2048])
    for (const { name } of prompts) expect(judge.known).toContain(name)
    expect(new Set(captions).size).toBeGreaterThan(2000)
  })

  test.each([
    ['another size', [{ ...disc(red), width: 32 }], ['red-circle'], '64×64, got 32×64'],
    ['an unknown name', [disc(red)], ['red-zebra'], 'red-zebra'],
    ['too few names', [disc(red), disc(red)], ['red-circle'], '2 images and 1 prompts'],
    ['nothing', [], [], 'at least one'],
  ])('refuses %s', async (_, pictures, names, message) => {
    await expect(fidelity(judge, pictures, names)).rejects.toThrow(message)
  })
})

describe('the Fréchet distance', () => {
  test.each(figures.cases)('is that of scipy: $name', ({ first, second, distance }) => {
    expect(Math.abs(frechetDistance(first, second) / distance - 1)).toBeLessThan(1e-6)
    expect(Math.abs(frechetDistance(second, first) / distance - 1)).toBeLessThan(1e-6)
  })

  test('is zero from a distribution to itself, singular or not', () => {
    const rows = Array.from({ length: 4 }, (_, i) => torchGenerator(i).normal(7))
    const few = statistics(rows)
    // Eigenvalues that are zero come out as rounding, and their roots are its square root.
    expect(frechetDistance(few, few)).toBeLessThan(1e-6)
  })

  test('statistics are those of the definition', () => {
    const { mean, covariance } = statistics([
      [1, 2],
      [3, 6],
      [5, 1],
    ])
    expect(Array.from(mean)).toEqual([3, 3])
    expect(Array.from(covariance)).toEqual([4, -1, -1, 7])
  })

  test.each([
    [{ mean: [0], covariance: [1, 0] }, 'need a mean of 1'],
    [{ mean: [0], covariance: [Number.NaN] }, 'finite'],
  ] as [Statistics, string][])('refuses %j', (bad, message) => {
    expect(() => frechetDistance({ mean: [0], covariance: [1] }, bad)).toThrow(message)
  })

  test('refuses a single row', () => {
    expect(() => statistics([[1, 2]])).toThrow('two rows, got 1')
  })
})

describe('the bootstrap', () => {
  test('agrees with the normal interval of independent answers', () => {
    const answers = Array.from({ length: 400 }, (_, i) => [i % 4 !== 0])
    const { share, low, high } = shareOf(answers)
    const half = 1.96 * Math.sqrt((0.75 * 0.25) / 400)
    expect(share).toBe(0.75)
    // Percentiles of 2,000 draws are off by some 5 % of the half-width.
    expect(Math.abs(low - (share - half))).toBeLessThan(0.15 * half)
    expect(Math.abs(high - (share + half))).toBeLessThan(0.15 * half)
  })

  test('answers that go together count once', () => {
    const width = (groups: boolean[][]) => {
      const { low, high } = shareOf(groups)
      return high - low
    }
    const once = Array.from({ length: 100 }, (_, i) => [i % 2 === 0])
    const twice = once.map(([right]) => [right!, right!])
    expect(width(twice)).toBe(width(once))
  })

  test('the share lies within, and a seed decides', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 30 }),
        groups => {
          const found = shareOf(groups, 200)
          expect(found.low).toBeLessThanOrEqual(found.share + 1e-12)
          expect(found.high).toBeGreaterThanOrEqual(found.share - 1e-12)
          expect(shareOf(groups, 200)).toEqual(found)
        },
      ),
      { numRuns: 50, seed: 5 },
    )
  })
})

describe('the stock of images', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fewstep-stock-'))
  })
  afterAll(() => rm(folder, { recursive: true }))
  const wishes = [1, 2, 3, 4].map(seed => ({ prompt: `prompt ${seed}`, seed }))
  const draw = async ({ seed }: { readonly seed: number }) => disc([seed, 0, 0])

  test('resumes where it was stopped, and generates no image twice', async () => {
    const asked: number[] = []
    const failing = async (wish: { readonly prompt: string; readonly seed: number }) => {
      asked.push(wish.seed)
      if (wish.seed === 3) throw new Error('stopped')
      return draw(wish)
    }
    await expect(stocked(folder, 'a', wishes, failing)).rejects.toThrow('stopped')
    await truncate(join(folder, 'a.u8'), 3 * side * side + 5)
    const pictures = await stocked(folder, 'a', wishes, async wish => {
      asked.push(wish.seed)
      return draw(wish)
    })
    expect(asked).toEqual([1, 2, 3, 2, 3, 4])
    expect(pictures).toEqual(await Promise.all(wishes.map(draw)))
    expect(await stocked(folder, 'a', wishes.slice(0, 2), () => Promise.reject())).toEqual(pictures.slice(0, 2))
    expect(JSON.parse(await readFile(join(folder, 'a.json'), 'utf8'))).toEqual(wishes)
  })

  test('refuses other wishes under the same name, and other sizes', async () => {
    await stocked(folder, 'b', wishes, draw)
    const other = [wishes[0]!, { prompt: 'another', seed: 2 }]
    await expect(stocked(folder, 'b', other, draw)).rejects.toThrow('other wishes from number 1 on')
    await expect(stocked(folder, 'c', wishes, async () => ({ ...disc(red), height: 32 }))).rejects.toThrow('64×32')
  })
})

describe('results', () => {
  const row: Quality = {
    model: { name: 'm', fingerprint: 'f' },
    settings: { steps: 5, guidance: 7.5, solver: '', schedule: '', caches: ['deepcache'] },
    frechet: { pictures: 2048, distance: 1.5 },
  }

  test('later results join the row of the same model and settings', () => {
    const share = { share: 0.5, low: 0.4, high: 0.6, count: 512, prompts: 256, seeds: 2 }
    const rows = withRow([row], { model: row.model, settings: row.settings, fidelity: share })
    expect(rows).toEqual([{ ...row, fidelity: share }])
    expect(withRow(rows, { ...row, settings: { ...row.settings, steps: 6 } })).toHaveLength(2)
  })

  test('the table has a line for each', () => {
    const shares = { pictures: 1, fiveBest: 0.9, best: 0.5 }
    const real = {
      real: shares,
      prompts: shares,
      unseen: shares,
      recoloured: { pictures: 1, colour: 0.95 },
      frechet: { pictures: 2048, distance: 0.02 },
    }
    const lines = qualityTable([row], real, 'a machine').split('\n')
    expect(lines[2]).toBe('| real images |  | 90.0 % | 0.020 | 95.0 % |  |  |')
    expect(lines[3]).toBe('| m | 5 steps, guidance 7.5, deepcache |  | 1.500 |  |  |  |')
  })
})
