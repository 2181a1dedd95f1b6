import type { Pixels } from '@fewstep/pipelines'
import { RuntimeWebError } from '@fewstep/runtime-web'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Engine } from '../src/engine/engine.ts'
import { loading } from '../src/engine/loading.ts'
import type { Kind, News, Opened, Protocol } from '../src/engine/messages.ts'
import { statusOf } from '../src/parts/drawing-view.tsx'
import { type App, createApp } from '../src/state/app.ts'
import { type Drawing, isStale, secondsPerEvaluation } from '../src/state/drawing.ts'
import { draftProblem, guidanceField, seedField, stepsField } from '../src/state/fields.ts'
import { followLinks } from '../src/state/follow-links.ts'
import { meaningOf, readChoice, withOption } from '../src/state/options.ts'
import { settingsOf, start } from '../src/state/place.ts'
import { isBest, type Race } from '../src/state/race.ts'

const picture: Pixels = { width: 1, height: 1, data: Uint8ClampedArray.of(1, 2, 3) }
const config = { _class_name: 'DDIMScheduler', beta_schedule: 'scaled_linear', beta_start: 0.00085, beta_end: 0.012 }
const model: Opened = { name: 'a model', schedulerConfig: config, device: 'wasm', notes: [] }

type Question = { readonly kind: Kind; readonly ask: unknown; readonly signal: AbortSignal | undefined }

/** An engine whose answers a test gives, and what it was asked. */
function fake(answer: <K extends Kind>(kind: K, ask: Protocol[K]['ask'], tell: (news: News) => void) => unknown) {
  const questions: Question[] = []
  const engine: Engine = {
    ask: (kind, ask, { signal, onNews = () => {} } = {}) => {
      questions.push({ kind, ask, signal })
      return new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason))
        Promise.resolve(answer(kind, ask, onNews)).then(resolve as (value: unknown) => void, reject)
      })
    },
    end() {},
  }
  return { questions, app: createApp(() => engine, { kind: 'embedded', url: 'model/' }) }
}

const never = new Promise<never>(() => {})
const drawn = { picture, evaluations: 4, seconds: 2 }

async function openedApp(draw: (ask: Protocol['draw']['ask'], tell: (news: News) => void) => unknown): Promise<App> {
  const { app } = fake((kind, ask, tell) => (kind === 'open' ? model : draw(ask as Protocol['draw']['ask'], tell)))
  await app.open()
  return app
}

test('an image goes through its states, and into the history', async () => {
  const app = await openedApp((_, tell) => {
    tell({ kind: 'step', step: 1, steps: 2, progress: 0.5, evaluations: 2, seconds: 1, preview: picture })
    tell({ kind: 'warning', message: 'long' })
    expect(app.picture.value).toMatchObject({ state: 'drawing', news: { step: 1 }, warnings: ['long'] })
    expect(app.busy.value).toBe(true)
    return drawn
  })
  await app.generate()
  expect(app.busy.value).toBe(false)
  expect(app.picture.value).toMatchObject({ state: 'done', settings: start.subject, drawn })
  expect(app.history.value).toEqual([app.picture.value])
  expect(secondsPerEvaluation(app.picture.value!)).toBe(0.5)
})

test('a stop keeps what was seen; a failure keeps its words; neither is history', async () => {
  const app = await openedApp(() => never)
  const drawing = app.generate()
  await Promise.resolve()
  app.stop()
  await drawing
  expect(app.picture.value?.state).toBe('stopped')

  const failing = await openedApp(() => {
    throw new RuntimeWebError('the GPU was lost; open the models again')
  })
  await failing.generate()
  expect(failing.picture.value).toMatchObject({ state: 'failed', problem: /GPU/, reopen: true } as object)
  expect([...app.history.value, ...failing.history.value]).toEqual([])
})

test('of two openings the later one counts, and the earlier one is ended', async () => {
  let first = true
  const { app, questions } = fake(() => {
    const answer = first ? never : { ...model, device: 'webgpu' }
    first = false
    return answer
  })
  const early = app.open(undefined, 'wasm')
  await app.open(undefined, 'webgpu')
  await early
  expect(questions[0]?.signal?.aborted).toBe(true)
  expect(app.model.value).toMatchObject({ state: 'open', device: 'webgpu' })
})

test('a comparison draws both lanes in turn, and a stop ends both', async () => {
  const seen: unknown[] = []
  const app = await openedApp(({ settings }) => {
    seen.push(settings.solver)
    return seen.length === 3 ? never : drawn
  })
  await app.compare()
  expect(seen).toEqual([undefined, 'dpmpp-2m'])
  expect([app.left.value?.state, app.right.value?.state]).toEqual(['done', 'done'])
  const again = app.compare()
  await Promise.resolve()
  app.stop()
  await again
  expect([app.left.value?.state, app.right.value?.state]).toEqual(['stopped', 'stopped'])
})

test('a race draws the converged image first, then each solver at each number of calls', async () => {
  const steps: number[] = []
  const app = await openedApp(({ settings }) => {
    steps.push(settings.steps)
    return drawn
  })
  app.place.value = { ...start, entrants: ['ddim', 'heun', 'nobody'] }
  await app.startRace()
  const { converged, heats } = app.race.value!
  expect(converged.state).toBe('done')
  // Heun's method makes two calls a step, and one in the last.
  expect(steps).toEqual([60, 5, 3, 8, 4, 10, 5, 20, 10])
  expect(heats.filter(({ solver }) => solver === 'ddim').map(({ psnr }) => psnr)).toEqual(Array(4).fill(Infinity))
  expect(heats.filter(({ solver }) => solver === 'nobody').every(({ lane }) => lane === undefined)).toBe(true)
})

test('a race that is stopped before its first image is no longer getting ready', async () => {
  const app = await openedApp(() => never)
  const race = app.startRace()
  await Promise.resolve()
  expect(app.race.value?.converged.state).toBe('waiting')
  app.stop()
  await race
  expect(app.race.value?.converged.state).toBe('stopped')
})

test('the best of a number of calls is the nearest, and nobody is best alone', () => {
  const heat = (solver: string, calls: number, psnr?: number) => ({
    solver,
    calls,
    lane: undefined,
    ...(psnr === undefined ? {} : { psnr }),
  })
  const heats = [heat('a', 5, 20), heat('b', 5, 30), heat('c', 5), heat('a', 8, 10)]
  const race = { heats } as unknown as Race
  expect(heats.map(each => isBest(race, each))).toEqual([false, true, false, false])
})

test('files on their way are added up; a file of unknown size leaves the sum open', () => {
  const told: unknown[] = []
  const tell = loading(news => told.push(news))
  tell({ path: 'a', loaded: 1, total: 10 })
  tell({ path: 'b', loaded: 5, total: 5 })
  tell({ path: 'a', loaded: 4, total: 10 })
  tell({ path: 'c', loaded: 1, total: undefined })
  expect(told).toEqual([
    { kind: 'loading', loaded: 1, total: 10 },
    { kind: 'loading', loaded: 6, total: 15 },
    { kind: 'loading', loaded: 9, total: 15 },
    { kind: 'loading', loaded: 10, total: undefined },
  ])
})

test('options are written where they differ from their defaults, and read as they were written', () => {
  const row = { name: 'edm', options: { churn: { type: 'number', default: 0, help: '' } } } as const
  expect(withOption('edm', row, 'churn', '40')).toBe('edm:churn=40')
  expect(withOption('edm:churn=40,min=1', row, 'churn', ' 0 ')).toBe('edm:min=1')
  expect(withOption('edm:churn=40', row, 'churn', '')).toBe('edm')
  expect(readChoice('edm:churn=40')).toEqual({ name: 'edm', options: { churn: '40' } })
  expect(readChoice('edm:churn')).toEqual({ name: 'edm', options: {} })
})

/** An address bar: what the page writes there, and what a person does. */
function addressBar(hash: string) {
  let heard = (): void => {}
  const location = { hash }
  const window = {
    location,
    history: {
      replaceState(_: unknown, __: string, to: string) {
        location.hash = to
      },
    },
    addEventListener(_: string, listener: () => void) {
      heard = listener
    },
    setTimeout,
    clearTimeout,
  }
  return { location, window: window as unknown as Window, follow: () => heard() }
}

afterEach(() => {
  vi.useRealTimers()
})

test('the address says what is set, and a link that is followed meanwhile is read', async () => {
  vi.useFakeTimers()
  const { app } = fake(() => never)
  const { location, window, follow } = addressBar('#generate?prompt=a+car&steps=7&draw=1')
  expect(followLinks(app, window)).toBe(true)
  expect(app.place.value).toMatchObject({ subject: { prompt: 'a car' }, lane: { steps: 7 } })
  app.place.value = { ...app.place.value, subject: { ...app.place.value.subject, prompt: 'a bus' } }
  await vi.advanceTimersByTimeAsync(1000)
  expect(location.hash).toMatch(/^#generate\?prompt=a\+bus&seed=7&steps=7/)

  app.place.value = { ...app.place.value, subject: { ...app.place.value.subject, prompt: 'a tram' } }
  location.hash = '#race?prompt=a+ship'
  await vi.advanceTimersByTimeAsync(1000)
  follow()
  expect(app.place.value).toMatchObject({ view: 'race', subject: { prompt: 'a ship' } })
  await vi.advanceTimersByTimeAsync(1000)
  expect(location.hash).toMatch(/^#race\?prompt=a\+ship/)
})

/** A promise, and what settles it. */
function gate<T = unknown>(): { readonly opened: Promise<T>; readonly open: (value: T) => void } {
  let open: (value: T) => void = () => {}
  const opened = new Promise<T>(resolve => {
    open = resolve
  })
  return { opened, open }
}

const turns = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

describe('before the model is open', () => {
  test('a pressed Generate says what it waits for, and draws what was set then', async () => {
    const opening = gate()
    const { app, questions } = fake(kind => (kind === 'open' ? opening.opened : drawn))
    const drawing = app.generate()
    await turns()
    expect(app.picture.value).toMatchObject({ state: 'waiting', waitsFor: 'model' })
    expect(statusOf(app.picture.value)).toBe('Waiting for the model to load')
    expect([...app.running.value]).toEqual(['generate'])
    // Typed while it waits: for the next image.
    app.show({ ...start, subject: { ...start.subject, prompt: 'a bus' } })
    const opened = app.open()
    await turns()
    expect(questions.map(({ kind }) => kind)).toEqual(['open'])
    opening.open(model)
    await Promise.all([opened, drawing])
    expect(app.picture.value).toMatchObject({ state: 'done', settings: { prompt: 'a red apple' } })
  })

  test('a stop ends the waiting; a model that does not open is said at the image', async () => {
    const { app } = fake(() => never)
    const drawing = app.generate()
    app.stop('generate')
    await drawing
    expect(app.picture.value?.state).toBe('stopped')

    const failing = fake(() => {
      throw new Error('no such file')
    }).app
    const waiting = failing.generate()
    await failing.open()
    await waiting
    expect(failing.picture.value).toMatchObject({ state: 'failed', problem: /model did not open/ } as object)
  })
})

describe('each view has its own task', () => {
  test('Generate neither shows nor stops a comparison, and waits for its turn', async () => {
    // The worker draws one after the other.
    const first = gate()
    const app = await openedApp(() => first.opened)
    const comparison = app.compare()
    await turns()
    expect(app.right.value).toMatchObject({ state: 'waiting', waitsFor: 'left' })
    expect(statusOf(app.right.value)).toBe('Waiting for Lane A')
    expect(app.picture.value).toBeUndefined()
    expect(app.running.value.has('generate')).toBe(false)
    const image = app.generate()
    await turns()
    expect(app.picture.value).toMatchObject({ state: 'waiting', waitsFor: 'turn' })
    expect([...app.running.value].sort()).toEqual(['compare', 'generate'])
    first.open(drawn)
    await Promise.all([comparison, image])
    expect([app.left, app.right, app.picture].map(({ value }) => value?.state)).toEqual(['done', 'done', 'done'])
  })

  test('a second press of one task stops the first, and shows the second', async () => {
    let asked = 0
    const app = await openedApp(() => {
      asked += 1
      return asked === 1 ? never : drawn
    })
    const first = app.generate()
    await turns()
    await Promise.all([first, app.generate()])
    expect(app.picture.value?.state).toBe('done')
    expect(app.busy.value).toBe(false)
  })
})

describe('another device', () => {
  test('is taken when what is being drawn is finished, and not before', async () => {
    const first = gate()
    const asked: string[] = []
    const { app } = fake((kind, ask) => {
      asked.push(kind === 'open' ? (ask as Protocol['open']['ask']).device : kind)
      return kind === 'open' ? model : asked.length === 2 ? first.opened : drawn
    })
    await app.open()
    const image = app.generate()
    await turns()
    const change = app.open(undefined, 'webgpu')
    await turns()
    expect(app.changing.value).toBe(true)
    expect(asked).toEqual(['auto', 'draw'])
    // What is begun now is drawn on the device that was chosen.
    const comparison = app.compare()
    await turns()
    expect(app.left.value).toMatchObject({ state: 'waiting', waitsFor: 'model' })
    first.open(drawn)
    await Promise.all([image, change, comparison])
    expect(app.picture.value?.state).toBe('done')
    expect(asked).toEqual(['auto', 'draw', 'webgpu', 'draw', 'draw'])
    expect(app.changing.value).toBe(false)
  })

  test('is not, where the one in use is chosen again', async () => {
    const first = gate()
    const asked: string[] = []
    const { app } = fake(kind => {
      asked.push(kind)
      return kind === 'open' ? model : first.opened
    })
    await app.open()
    const image = app.generate()
    await turns()
    const change = app.open(undefined, 'webgpu')
    await turns()
    await app.open(undefined, 'auto')
    expect(app.changing.value).toBe(false)
    first.open(drawn)
    await Promise.all([image, change])
    expect(asked).toEqual(['open', 'draw'])
    expect(app.model.value.state).toBe('open')
  })
})

describe('an image is stale', () => {
  const settings = settingsOf(start.subject, start.lane)
  const by = { name: 'a model', device: 'wasm' }
  const done = (change: Partial<typeof settings> = {}): Drawing => ({
    settings: { ...settings, ...change },
    state: 'done',
    drawn,
    model: by,
    warnings: [],
  })

  test.each([
    { prompt: 'a bus' },
    { negative: 'blue' },
    { seed: 8 },
    { steps: 13 },
    { guidance: 3 },
    { solver: 'ddim' },
    { schedule: 'karras' },
    { noise: 'brownian' },
    { caches: ['deepcache'] },
  ])('where it was drawn with %j', change => {
    expect(isStale(done(change), settings, by)).toBe(true)
  })

  test('where another model or device is in use, and not where nothing has changed, or nothing is shown', () => {
    expect(isStale(done(), settings, { ...by, device: 'webgpu' })).toBe(true)
    expect(isStale(done(), settings, { ...by, name: 'another' })).toBe(true)
    expect(isStale(done(), settings, by)).toBe(false)
    expect(isStale(done(), settings, undefined)).toBe(false)
    expect(isStale(undefined, settings, by)).toBe(false)
    expect(isStale({ ...done({ seed: 8 }), state: 'waiting' }, settings, by)).toBe(false)
  })
})

test('names of other programs are explained', () => {
  const names = ['dpmpp_2m', 'DPM++ 2M Karras', 'DDIMScheduler', 'ddimm']
  expect(names.map(name => meaningOf('solver', name))).toEqual([
    'ComfyUI’s name for dpmpp-2m',
    'Stable Diffusion WebUI’s name for dpmpp-2m',
    'diffusers’ name for ddim',
    undefined,
  ])
  expect(['sgm_uniform', 'Align Your Steps 32', 'carras'].map(name => meaningOf('schedule', name))).toEqual([
    'ComfyUI’s schedule sgm_uniform',
    'Stable Diffusion WebUI’s schedule Align Your Steps 32',
    undefined,
  ])
})

describe('fields', () => {
  test.each([
    [stepsField, ['abc', '0', '-5', '', ' ', '1001', '2.5', '1e99', 'NaN']],
    [seedField, ['abc', '1.5', '', 'Infinity', '7 8']],
    [guidanceField, ['abc', '', 'Infinity', '7,5']],
  ] as const)('no value of $expected is read from %j', (field, texts) => {
    expect(texts.map(text => field.parse(text))).toEqual(texts.map(() => undefined))
  })

  test('what is wrong with those of a view is said with their labels', () => {
    const drafts = {
      seed: { label: 'Seed', text: '', expected: 'a whole number' },
      'left.steps': { label: 'Lane A, steps', text: 'abc', expected: 'a whole number from 1 to 1000' },
    }
    expect(draftProblem(drafts, ['seed', 'left.', 'right.'])).toBe(
      'Seed is blank: enter a whole number. Lane A, steps must be a whole number from 1 to 1000, not “abc”.',
    )
    expect(draftProblem(drafts, ['lane.'])).toBeUndefined()
  })
})

test('sizes that are known beforehand give progress a total from the start, compressed or not', () => {
  const told: unknown[] = []
  const tell = loading(news => told.push(news), { unet: 30, decoder: 10, config: 1, encoder: 99 }, ['unet', 'decoder'])
  tell({ path: 'config', loaded: 1, total: undefined })
  tell({ path: 'unet', loaded: 15, total: undefined })
  tell({ path: 'unet', loaded: 30, total: undefined })
  tell({ path: 'decoder', loaded: 10, total: undefined })
  expect(told).toEqual([1, 16, 31, 41].map(loaded => ({ kind: 'loading', loaded, total: 41 })))
})

test('the address stays as it was opened until the page is settled, so that a reload finds the wish to draw', async () => {
  vi.useFakeTimers()
  const { app } = fake(() => never)
  const { location, window } = addressBar('#generate?prompt=a+car&steps=7&draw=1')
  const settled = gate()
  followLinks(app, window, settled.opened)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(location.hash).toBe('#generate?prompt=a+car&steps=7&draw=1')
  settled.open(false)
  await vi.advanceTimersByTimeAsync(1000)
  expect(location.hash).toBe('#generate?prompt=a+car&seed=7&steps=7&guidance=7.5')
})
