import { clipTokenizer, type PromptTokenizer, type TextToImage, textToImage } from '@fewstep/pipelines'
import { cachersOf, decide, noiseOf, type Settings } from '@fewstep/pipelines/settings'
import type { Folder, Runtime } from '@fewstep/runtime'
import { torchGenerator } from '@fewstep/tensor'
import { inspectFolder } from '../model/inspect.ts'
import type { Report } from '../model/report.ts'
import { sharesOf } from '../model/shares.ts'
import { PageError } from '../page-error.ts'
import type { UnetShares } from '../plan/planned.ts'
import { sentence } from '../words.ts'
import type { Device, Drawn, ModelSource, News, Opened } from './messages.ts'
import { unknownWarning } from './unknown-words.ts'

type Telling = { readonly signal: AbortSignal; readonly tell: (news: News) => void }

/** What a studio needs of the place that it is in. */
export type Surroundings = {
  runtime(device: Device, note: (words: string) => void): Runtime | Promise<Runtime>
  folder(source: ModelSource, telling: Telling & { readonly note: (words: string) => void }): Folder | Promise<Folder>
  /** An error as a person is to read it; as it is where absent. */
  explain?(error: unknown, source: ModelSource | undefined): Promise<unknown>
}

/** One model on one device at a time, and the images that it draws. */
export type Studio = {
  open(source: ModelSource, device: Device, telling: Telling): Promise<Opened>
  /** @throws Error where no model is open */
  draw(settings: Settings, telling: Telling): Promise<Drawn>
  inspect(source: ModelSource, telling: Telling): Promise<Report>
  shares(source: ModelSource, telling: Telling): Promise<UnetShares | undefined>
}

type Current = {
  readonly runtime: Runtime
  readonly pipe: TextToImage
  readonly tokenizer: PromptTokenizer
  readonly source: ModelSource
}

export function studio({ runtime: makeRuntime, folder: makeFolder, explain }: Surroundings): Studio {
  let current: Current | undefined

  async function close(): Promise<void> {
    const before = current
    current = undefined
    await before?.runtime.dispose()
  }

  async function explained<T>(source: ModelSource | undefined, act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw explain === undefined ? error : await explain(error, source)
    }
  }

  async function open(source: ModelSource, device: Device, { signal, tell }: Telling): Promise<Opened> {
    await close()
    const notes: string[] = []
    const note = (words: string): void => void notes.push(words)
    const runtime = await makeRuntime(device, note)
    try {
      const folder = await makeFolder(source, { signal, tell, note })
      const pipe = await textToImage(folder, { runtime })
      const tokenizer = await clipTokenizer(folder)
      signal.throwIfAborted()
      current = { runtime, pipe, tokenizer, source }
      return { name: folder.name, schedulerConfig: pipe.schedulerConfig, device: runtime.device, notes }
    } catch (error) {
      await runtime.dispose()
      throw error
    }
  }

  async function draw({ pipe, tokenizer }: Current, settings: Settings, { signal, tell }: Telling): Promise<Drawn> {
    const { prompt, negative, steps, guidance, seed } = settings
    const unknown = unknownWarning(tokenizer, prompt)
    if (unknown !== undefined) tell({ kind: 'warning', message: unknown })
    let [began, previewing] = [performance.now(), 0]
    const seconds = () => (performance.now() - began - previewing) / 1000
    const [image] = await pipe.generate(prompt, {
      negativePrompt: negative,
      steps,
      guidance,
      seed,
      ...decide(pipe.schedulerConfig, settings),
      noise: noiseOf(settings),
      cachers: cachersOf(settings),
      signal,
      // The pipeline draws random numbers when everything before the first evaluation is done.
      generator: seed => {
        began = performance.now()
        return torchGenerator(seed)
      },
      onWarning: message => tell({ kind: 'warning', message: sentence(message) }),
      onStep: async event => {
        const { steps, evaluations, progress } = event
        const at = { step: event.step + 1, steps, evaluations, progress, seconds: seconds() }
        const paused = performance.now()
        const preview = await pipe.preview(event)
        previewing += performance.now() - paused
        tell({ kind: 'step', ...at, preview })
      },
    })
    const { width, height, data, evaluations } = image!
    return { picture: { width, height, data }, evaluations, seconds: seconds() }
  }

  return {
    open: (source, device, telling) => explained(source, () => open(source, device, telling)),
    async draw(settings, telling) {
      const drawing = current
      if (drawing === undefined) throw new PageError('No model is open; choose one under “Your model”.')
      return explained(drawing.source, () => draw(drawing, settings, telling))
    },
    inspect: (source, telling) =>
      explained(source, async () => inspectFolder(await makeFolder(source, { ...telling, note: () => {} }))),
    async shares(source, telling) {
      return sharesOf(await makeFolder(source, { ...telling, note: () => {} }))
    },
  }
}
