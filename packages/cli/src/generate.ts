import process, { stderr, stdout } from 'node:process'
import { checkUntimed } from '@fewstep/cachers'
import { textToImage } from '@fewstep/pipelines'
import { cachersOf, decide, noiseOf, type Settings } from '@fewstep/pipelines/settings'
import type { Runtime } from '@fewstep/runtime'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { seedAfter, seedToJson } from '@fewstep/tensor'
import { dryRun } from './dry-run.ts'
import { checkPngName, checkWritable, outputNames, writeWhole } from './files.ts'
import { fingerprint } from './fingerprint.ts'
import { toPng } from './png.ts'
import { type Progress, progress } from './progress.ts'
import { type Request, readRequest } from './request.ts'

export type Flags = Readonly<
  Partial<
    Record<
      | 'model'
      | 'negative'
      | 'steps'
      | 'solver'
      | 'schedule'
      | 'noise'
      | 'guidance'
      | 'seed'
      | 'width'
      | 'height'
      | 'count'
      | 'image'
      | 'strength'
      | 'device'
      | 'threads'
      | 'out'
      | 'preview'
      | 'from'
      | 'freeu',
      string
    >
  >
> & { readonly json?: boolean; readonly dryRun?: boolean; readonly cache?: readonly string[] }

/** Generates the images, writes them, and reports what was written. */
export async function generate(words: readonly string[], flags: Flags): Promise<void> {
  const request = await readRequest(words, flags)
  const { settings, count } = request
  // Names do not depend on the model, so a wrong name is an error before any model is opened.
  const { solver } = decide({ _class_name: 'PNDMScheduler' }, settings)
  noiseOf(settings)
  const cachers = cachersOf(settings)
  if (solver !== undefined) checkUntimed(cachers, solver.name)
  if (flags.dryRun === true) {
    stdout.write(await dryRun(request, cachers, flags.json === true))
    return
  }
  const seeds = Array.from({ length: count }, (_, i) => seedAfter(settings.seed, i))
  const files = outputNames(flags.out, settings.prompt, seeds)
  if (flags.out !== undefined) await checkPngName(flags.out)
  for (const file of files) await checkWritable(file)
  if (flags.preview !== undefined) await checkPngName(flags.preview, '--preview')

  const control = new AbortController()
  const { signal } = control
  const interrupt = (): void => control.abort()
  process.once('SIGINT', interrupt)
  const { device, threads } = request
  const runtime = nodeRuntime({ device, ...(threads === undefined ? {} : { threads }) })
  const bar = progress()
  try {
    const done = await draw(request, { files, preview: flags.preview, runtime, bar, signal })
    bar.stop()
    if (flags.json === true) stdout.write(`${JSON.stringify({ ...done, seed: seedToJson(done.seed) })}\n`)
    else {
      const { seed, evaluations, shallow, seconds } = done
      const counts = `${evaluations} model evaluations${shallow === 0 ? '' : `, ${shallow} of them shallow`}`
      stderr.write(`${files.join(', ')} (seed ${seed}, ${counts}, ${seconds.toFixed(1)} s)\n`)
    }
  } finally {
    bar.stop()
    process.removeListener('SIGINT', interrupt)
    // The child process frees everything once its current model evaluation is done. A second Ctrl-C does not wait for that.
    await runtime.dispose()
  }
}

type Surroundings = {
  readonly files: readonly string[]
  readonly preview: string | undefined
  readonly runtime: Runtime
  readonly bar: Progress
  readonly signal: AbortSignal
}

/** What `--json` prints. */
type Done = Settings & {
  readonly file: string
  readonly files: readonly string[]
  readonly count: number
  /** Model evaluations of all images, and how many of them reused deep features. */
  readonly evaluations: number
  readonly shallow: number
  /** Since the process started, and of these the time of the generation. */
  readonly seconds: number
  readonly secondsDrawing: number
  readonly device: string
}

async function draw(request: Request, { files, preview, runtime, bar, signal }: Surroundings): Promise<Done> {
  const { count, folder, model, image: source, expected } = request
  const pipe = await textToImage(directory(folder), { runtime, cachers: cachersOf(request.settings) })
  const print = await fingerprint(folder)
  if (expected !== undefined && print !== expected)
    stderr.write('warning: this is not the model that generated the image, so the result may differ\n')
  const settings: Settings = { ...request.settings, model: { folder: model, fingerprint: print } }
  const { prompt, negative, steps, guidance, seed, width, height, strength } = settings
  const began = performance.now()
  const decided = decide(pipe.schedulerConfig, settings)
  const images = await pipe.generate(prompt, {
    ...decided,
    noise: noiseOf(settings),
    negativePrompt: negative,
    steps,
    guidance,
    seed,
    count,
    width,
    height,
    image: source,
    strength,
    signal,
    onWarning: message => {
      stderr.write(`warning: ${message}\n`)
    },
    onStep: async event => {
      const { image, evaluations, evaluationsTotal, progress } = event
      const [done, total] = [image * evaluationsTotal + evaluations, count * evaluationsTotal]
      const planned = decided.solver === undefined
      bar.report((image + progress) / count, planned ? `evaluation ${done} of ${total}` : `evaluation ${evaluations}`)
      if (preview !== undefined) await writeWhole(preview, toPng(await pipe.preview(event)))
    },
    onImage: image =>
      writeWhole(files[Number(BigInt(image.seed) - BigInt(seed))]!, toPng(image, { ...settings, seed: image.seed })),
  })
  return {
    file: files[0]!,
    files,
    ...settings,
    width: images[0]!.width,
    height: images[0]!.height,
    count,
    evaluations: images.reduce((sum, image) => sum + image.evaluations, 0),
    shallow: images.reduce((sum, image) => sum + image.shallow, 0),
    seconds: performance.now() / 1000,
    secondsDrawing: (performance.now() - began) / 1000,
    device: runtime.device,
  }
}
