import { readSeed } from '@fewstep/tensor'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lossesOf, parseHash, placeOf, printHash } from '../src/state/link.ts'
import { type Lane, type Place, start, views } from '../src/state/place.ts'

const lanes: fc.Arbitrary<Lane> = fc
  .record({
    steps: fc.integer({ min: 1, max: 1000 }),
    guidance: fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => value + 0),
    solver: fc.option(fc.constantFrom('ddim:eta=0.5', 'unipc-3', 'edm:churn=40,min=0.05'), { nil: undefined }),
    schedule: fc.option(fc.constantFrom('karras:rho=7', 'given-sigmas:list=14.6/6.4/2.1'), { nil: undefined }),
    noise: fc.option(fc.constant('brownian'), { nil: undefined }),
    caches: fc.subarray(['deepcache:interval=3,branch=0', 'tgate', 'freeu:b1=1.2']),
  })
  .map(({ solver, schedule, noise, ...lane }) => ({
    ...(noise === undefined ? {} : { noise }),
    ...lane,
    ...(solver === undefined ? {} : { solver }),
    ...(schedule === undefined ? {} : { schedule }),
  }))

const places: fc.Arbitrary<Place> = fc.record({
  view: fc.constantFrom(...views),
  subject: fc.record({
    prompt: fc.string({ unit: 'grapheme' }),
    negative: fc.string({ unit: 'grapheme' }),
    seed: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map(seed => readSeed(seed)),
  }),
  lane: lanes,
  left: lanes,
  right: lanes,
  entrants: fc.subarray(['ddim', 'edm', 'unipc-2']),
  levels: fc.constantFrom('trailing', 'karras:rho=5'),
})

test('a link says all that its view shows', () => {
  fc.assert(
    fc.property(places, place => {
      const hash = printHash(place)
      const { place: read, problems } = parseHash(hash)
      expect(problems).toEqual([])
      expect(read.view).toBe(place.view)
      if (place.view !== 'model') expect(read.subject).toEqual(place.subject)
      if (place.view === 'generate') expect(read.lane).toEqual(place.lane)
      if (place.view === 'compare') expect([read.left, read.right]).toEqual([place.left, place.right])
      if (place.view === 'race') expect([read.entrants, read.levels]).toEqual([place.entrants, place.levels])
      expect(printHash(read)).toBe(hash)
    }),
    { seed: 6 },
  )
})

describe('what a link says wrongly is named, and what was there stays', () => {
  test.each([
    ['#generate?steps=0', 'steps', '1 to 1000'],
    ['#generate?steps=2.5', 'steps', '1 to 1000'],
    ['#generate?guidance=much', 'guidance', 'a number'],
    ['#generate?seed=1e99', 'seed', 'a whole number'],
    ['#compare?right.steps=', 'right.steps', '1 to 1000'],
    ['#paint', 'paint', 'generate, compare'],
  ])('%s', (hash, subject, expected) => {
    const { place, problems } = parseHash(hash)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(subject)
    expect(problems[0]).toContain(expected)
    expect(place).toMatchObject({ subject: start.subject, lane: { steps: start.lane.steps, guidance: 7.5 } })
  })
})

test('an empty hash changes nothing', () => {
  expect(parseHash('')).toEqual({ place: start, problems: [], draw: false })
})

test('only a link that asks for it draws', () => {
  expect(parseHash(printHash(start)).draw).toBe(false)
  expect(parseHash(printHash(start, { draw: true })).draw).toBe(true)
})

test("an image's settings are a place that draws it again", () => {
  const settings = { prompt: 'ein roter Apfel', negative: 'blau', seed: 3, steps: 5, guidance: 2, solver: 'heun' }
  expect(placeOf(settings)).toMatchObject({
    view: 'generate',
    subject: { prompt: 'ein roter Apfel', negative: 'blau', seed: 3 },
    lane: { steps: 5, guidance: 2, solver: 'heun', caches: [] },
  })
})

test('what an image says that the page cannot do is named', () => {
  const plain = { prompt: 'an apple', negative: '', seed: 3, steps: 5, guidance: 2, model: { fingerprint: '1f' } }
  expect(lossesOf(plain)).toEqual([])
  const image = { file: 'sketch.png', sha256: 'ab' }
  const words = lossesOf({ ...plain, image, width: 32, model: { folder: 'sd-turbo', fingerprint: '1f' } })
  expect(words).toEqual([
    expect.stringContaining('sketch.png'),
    expect.stringContaining('32×?'),
    expect.stringContaining('sd-turbo'),
  ])
})
