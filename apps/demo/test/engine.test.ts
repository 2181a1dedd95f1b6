import { isFewstepError } from '@fewstep/errors'
import { model } from '@fewstep/model-emoji'
import { textToImage } from '@fewstep/pipelines'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { afterEach, expect, test } from 'vitest'
import { tinyFolder } from '../../../test/support/tiny-folder.ts'
import { type Engine, engine, type Port } from '../src/engine/engine.ts'
import type { Ask, News, Tell } from '../src/engine/messages.ts'
import { serve } from '../src/engine/serve.ts'
import { studio } from '../src/engine/studio.ts'
import { psnr } from '../src/image/psnr.ts'
import { settingsOf, start } from '../src/state/place.ts'

const engines: Engine[] = []
afterEach(() => {
  for (const each of engines.splice(0)) each.end()
})

/** The page's side and the worker's, with what they say to each other copied as a port does. */
function connected(): { readonly engine: Engine; readonly port: Port } {
  const port: Port = {
    postMessage: ask => answer(structuredClone(ask)),
    terminate() {},
    onmessage: null,
    onerror: null,
  }
  const answer: (ask: Ask) => void = serve(
    studio({
      runtime: () => nodeRuntime(),
      folder: source => (source.kind === 'url' ? tinyFolder() : directory(model)),
    }),
    (message: Tell) => {
      const copy = structuredClone(message)
      queueMicrotask(() => port.onmessage?.({ data: copy } as MessageEvent<Tell>))
    },
  )
  const made = engine(port)
  engines.push(made)
  return { engine: made, port }
}

const settings = settingsOf(start.subject, { steps: 3, guidance: 7.5, caches: [] })

test('an image is the one that the pipeline draws, with news after each step', async () => {
  const { engine } = connected()
  const opened = await engine.ask('open', { source: { kind: 'embedded', url: 'model/' }, device: 'auto' })
  expect(opened).toMatchObject({ device: 'cpu', notes: [] })
  const news: News[] = []
  const { picture, evaluations } = await engine.ask('draw', { settings }, { onNews: each => news.push(each) })
  expect(evaluations).toBe(4)
  expect(news.map(each => each.kind === 'step' && `${each.step}/${each.steps}`)).toEqual(['1/3', '2/3', '3/3'])
  expect(news[0]).toMatchObject({ preview: { width: 16, height: 16 } })

  const runtime = nodeRuntime()
  const pipe = await textToImage(directory(model), { runtime })
  const [own] = await pipe.generate(start.subject.prompt, { steps: 3, guidance: 7.5, seed: 7 })
  await runtime.dispose()
  expect(psnr(picture, own!)).toBeGreaterThan(45)
})

test('a stop is heard at once, and the next image is whole', async () => {
  const { engine } = connected()
  await engine.ask('open', { source: { kind: 'url', url: 'tiny' }, device: 'auto' })
  const stop = new AbortController()
  let steps = 0
  const long = engine.ask(
    'draw',
    { settings: { ...settings, steps: 200 } },
    {
      signal: stop.signal,
      onNews() {
        steps += 1
        if (steps === 2) stop.abort()
      },
    },
  )
  await expect(long).rejects.toMatchObject({ name: 'AbortError' })
  expect(steps).toBe(2)
  const { evaluations } = await engine.ask('draw', { settings })
  expect(evaluations).toBe(4)
  expect(steps).toBe(2)
})

test.each([
  [{ solver: 'ddimm' }, /did you mean ddim/],
  [{ steps: 0 }, /steps/],
  [{ caches: ['deepcache:interval=0'] }, /interval/],
])('settings such as %j are refused in words', async (change, words) => {
  const { engine } = connected()
  await engine.ask('open', { source: { kind: 'url', url: 'tiny' }, device: 'auto' })
  await expect(engine.ask('draw', { settings: { ...settings, ...change } })).rejects.toThrow(words)
})

test('nothing is drawn before a model is open, and the words say so', async () => {
  await expect(connected().engine.ask('draw', { settings })).rejects.toThrow(/No model is open/)
})

test('a model that cannot be opened leaves no runtime behind', async () => {
  const runtime = nodeRuntime()
  const opening = studio({
    runtime: () => runtime,
    folder: () => {
      throw new Error('no files were picked')
    },
  }).open({ kind: 'files', files: [] }, 'auto', { signal: new AbortController().signal, tell: () => {} })
  await expect(opening).rejects.toThrow('no files were picked')
  await expect(runtime.open(await tinyFolder().model('unet/model.onnx'))).rejects.toThrow(/disposed/)
})

test('when the worker dies, whatever waits is told, and whatever comes', async () => {
  const { engine, port } = connected()
  const waiting = engine.ask('open', { source: { kind: 'embedded', url: 'model/' }, device: 'auto' })
  port.onerror?.({ message: 'out of memory' } as ErrorEvent)
  await expect(waiting).rejects.toThrow(/out of memory.*Reload the page/)
  await expect(engine.ask('draw', { settings })).rejects.toThrow(/Reload the page/)
})

test('an error of the worker is what it was there: its name, its kind and the marker', async () => {
  const { engine } = connected()
  await engine.ask('open', { source: { kind: 'embedded', url: 'model/' }, device: 'auto' })
  const ask = engine.ask('draw', { settings: { ...settings, steps: 0 } })
  const error: unknown = await ask.catch((reason: unknown) => reason)
  expect(isFewstepError(error)).toBe(true)
  expect(error).toMatchObject({ name: 'Pipelines.RequestError', kind: 'input' })
})
