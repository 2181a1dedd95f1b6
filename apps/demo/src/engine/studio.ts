import { type TextToImage, textToImage } from '@fewstep/pipelines'
import { cachersOf, decide, noiseOf, type Settings } from '@fewstep/pipelines/settings'
import type { Folder, Runtime } from '@fewstep/runtime'
import { torchGenerator } from '@fewstep/tensor'
import { inspectFolder } from '../model/inspect.ts'
import type { Report } from '../model/report.ts'
import { sharesOf } from '../model/shares.ts'
import type { UnetShares } from '../plan/planned.ts'
import type { Device, Drawn, ModelSource, News, Opened } from './messages.ts'

type Telling = { readonly signal: AbortSignal; readonly tell: (news: News) => void }

/** What a studio needs of the place that it is in. */
export type Surroundings = {
  runtime(device: Device, note: (words: string) => void): Runtime | Promise<Runtime>
  folder(source: ModelSource, telling: Telling & { readonly note: (words: string) => void }): Folder | Promise<Folder>
}

/** One model on one device at a time, and the pictures that it draws. */
export type Studio = {
  open(source: ModelSource, device: Device, telling: Telling): Promise<Opened>
  /** @throws Error where no model is open */
  draw(settings: Settings, telling: Telling): Promise<Drawn>
  inspect(source: ModelSource, telling: Telling): Promise<Report>
  shares(source: ModelSource, telling: Telling): Promise<UnetShares | undefined>
}

export function studio({ runtime: makeRuntime, folder: makeFolder }: Surroundings): Studio {
  let current: { readonly runtime: Runtime; readonly pipe: TextToImage } | undefined

  async function close(): Promise<void> {
    const before = current
    current = undefined
    await before?.runtime.dispose()
  }

  return {
    async open(source, device, { signal, tell }) {
      await close()
      const notes: string[] = []
      const note = (words: string): void => void notes.push(words)
      const runtime = await makeRuntime(device, note)
      try {
        const folder = await makeFolder(source, { signal, tell, note })
        const pipe = await textToImage(folder, { runtime })
        signal.throwIfAborted()
        current = { runtime, pipe }
        return { name: folder.name, schedulerConfig: pipe.schedulerConfig, device: runtime.device, notes }
      } catch (error) {
        await runtime.dispose()
        throw error
      }
    },
    async draw(settings, { signal, tell }) {
      if (current === undefined) throw new Error('No model is open; choose one under “Your model”.')
      const { pipe } = current
      const { prompt, negative, steps, guidance, seed } = settings
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
        // Random numbers are asked for when all that comes before the first call is done.
        generator: seed => {
          began = performance.now()
          return torchGenerator(seed)
        },
        onWarning: message => tell({ kind: 'warning', message }),
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
    },
    async inspect(source, telling) {
      return inspectFolder(await makeFolder(source, { ...telling, note: () => {} }))
    },
    async shares(source, telling) {
      return sharesOf(await makeFolder(source, { ...telling, note: () => {} }))
    },
  }
}
