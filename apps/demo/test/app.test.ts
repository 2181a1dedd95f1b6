import type { Picture } from '@fewstep/pipelines'
import { RuntimeWebError } from '@fewstep/runtime-web'
import { afterEach, expect, test, vi } from 'vitest'
import type { Engine } from '../src/engine/engine.ts'
import { loading } from '../src/engine/loading.ts'
import type { Kind, News, Opened, Protocol } from '../src/engine/messages.ts'
import { type App, createApp } from '../src/state/app.ts'
import { secondsPerEvaluation } from '../src/state/drawing.ts'
import { followLinks } from '../src/state/follow-links.ts'
import { readChoice, withOption } from '../src/state/options.ts'
import { start } from '../src/state/place.ts'
import { isBest, type Race } from '../src/state/race.ts'

const picture: Picture = { width: 1, height: 1, data: Uint8ClampedArray.of(1, 2, 3) }
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

test('a picture goes through its states, and into the history', async () => {
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

test('a race draws the converged picture first, then each solver at each number of calls', async () => {
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

test('a race that is stopped before its first picture is no longer getting ready', async () => {
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
