import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import process, { stderr, stdout } from 'node:process'
import { model as embedded } from '@fewstep/model-emoji'
import { textToImage } from '@fewstep/pipelines'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { chooseRecipe, scheduleNames, solverNames } from '@fewstep/sampler/diffusers'
import { SingleBar } from 'cli-progress'
import { Command } from 'commander'
import { ArgumentError } from './exit-code.ts'
import { checkWritable, readSettings, writePicture } from './picture.ts'
import { parseChoice, parseNumber, type Settings } from './settings.ts'

type Flags = Readonly<
  Partial<
    Record<
      | 'model'
      | 'negative'
      | 'steps'
      | 'solver'
      | 'schedule'
      | 'guidance'
      | 'seed'
      | 'width'
      | 'height'
      | 'count'
      | 'device'
      | 'threads'
      | 'out'
      | 'from',
      string
    >
  >
> & { readonly json?: boolean }

const devices = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const

/** `fewstep generate "a red apple"`. */
export function generateCommand(): Command {
  return new Command('generate')
    .description('Draw a picture of a prompt.')
    .argument('[prompt]', 'what to draw (not needed with --from)')
    .option('--model <dir>', 'a Stable Diffusion folder in ONNX (the embedded emoji model where absent)')
    .option('--negative <text>', 'what to keep out of the picture')
    .option('--steps <n>', 'sampling steps (25)')
    .option('--solver <name[:option=value,…]>', `how to step: ${solverNames.join(', ')} (the model's own)`)
    .option('--schedule <name[:option=value,…]>', `which noise levels: ${scheduleNames.join(', ')} (the model's own)`)
    .option('--guidance <s>', 'classifier-free guidance; 1 is none and twice as fast (7.5)')
    .option('--seed <n>', 'the same seed draws the same picture (random)')
    .option('--width <n>', "in pixels (the model's own)")
    .option('--height <n>', "in pixels (the model's own)")
    .option('--count <n>', 'pictures; the i-th has the seed + i (1)')
    .option('--device <name>', `where the network runs: ${devices.join(', ')} (cpu)`)
    .option('--threads <n>', 'processor threads (all)')
    .option('--out <file.png>', 'where to write (a new name from prompt and seed)')
    .option('--from <file.png>', 'repeat a picture from the settings it carries; other options override them')
    .option('--json', 'print one JSON object on standard output')
    .addHelpText(
      'after',
      `
Examples:
  fewstep generate "a red apple"
  fewstep generate "a blue heart" --steps 10 --solver dpmpp-2m --schedule karras:rho=7 --seed 7
  fewstep generate --from a-red-apple-7.png --guidance 3`,
    )
    .action(generate)
}

async function generate(prompt: string | undefined, flags: Flags): Promise<void> {
  const began = performance.now()
  const before = flags.from === undefined ? undefined : await readSettings(flags.from)
  const number = (
    name: 'steps' | 'guidance' | 'seed' | 'width' | 'height' | 'count' | 'threads',
    whole: boolean,
    minimum?: number,
  ) => (flags[name] === undefined ? undefined : parseNumber(name, flags[name], whole, minimum))
  const words = prompt ?? before?.prompt
  if (words === undefined) throw new ArgumentError('name what to draw: fewstep generate "a red apple"')
  const settings: Settings = {
    prompt: words,
    negative: flags.negative ?? before?.negative ?? '',
    steps: number('steps', true, 1) ?? before?.steps ?? 25,
    guidance: number('guidance', false) ?? before?.guidance ?? 7.5,
    seed: number('seed', true) ?? before?.seed ?? randomInt(2 ** 31),
    ...given({ solver: flags.solver ?? before?.solver, schedule: flags.schedule ?? before?.schedule }),
    ...given({ width: number('width', true, 1) ?? before?.width, height: number('height', true, 1) ?? before?.height }),
  }
  const count = number('count', true, 1) ?? 1
  const threads = number('threads', true, 1)
  const device = devices.find(name => name === (flags.device ?? 'cpu'))
  if (device === undefined)
    throw new ArgumentError(`--device must be one of ${devices.join(', ')}, got ${flags.device}`)
  const files = outputs(flags.out, settings, count)
  for (const file of files) await checkWritable(file)
  const choices = given({
    solver: settings.solver === undefined ? undefined : parseChoice(settings.solver),
    schedule: settings.schedule === undefined ? undefined : parseChoice(settings.schedule),
  })
  // A wrong name is found before any model is loaded: the names do not depend on the model.
  chooseRecipe({ _class_name: 'PNDMScheduler' }, choices)

  const control = new AbortController()
  const interrupt = (): void => control.abort()
  process.once('SIGINT', interrupt)
  const runtime = nodeRuntime({ device, ...given({ threads }) })
  const bar =
    stderr.isTTY && flags.json !== true
      ? new SingleBar({ format: '{bar} {percentage}% · call {value}/{total}', stream: stderr, clearOnComplete: true })
      : undefined
  try {
    const pipe = await textToImage(directory(flags.model ?? embedded), { runtime })
    const recipe = chooseRecipe(pipe.schedulerConfig, choices)
    const { steps, guidance, seed, negative } = settings
    const images = await pipe.generate(words, {
      recipe,
      steps,
      guidance,
      seed,
      count,
      negativePrompt: negative,
      signal: control.signal,
      ...given({ width: settings.width, height: settings.height }),
      onWarning: message => stderr.write(`warning: ${message}\n`),
      onStep: ({ image, evaluations, evaluationsTotal }) => {
        if (image === 0 && evaluations === 1) bar?.start(evaluationsTotal * count, 0)
        bar?.update(image * evaluationsTotal + evaluations)
      },
    })
    bar?.stop()
    control.signal.throwIfAborted()
    for (const [i, image] of images.entries()) await writePicture(files[i]!, image, { ...settings, seed: image.seed })
    const seconds = (performance.now() - began) / 1000
    const evaluations = images.reduce((sum, image) => sum + image.evaluations, 0)
    if (flags.json === true)
      stdout.write(`${JSON.stringify({ file: files[0], files, ...settings, count, evaluations, seconds, device })}\n`)
    else stderr.write(`${files.join(', ')} (seed ${seed}, ${evaluations} network calls, ${seconds.toFixed(1)} s)\n`)
  } finally {
    bar?.stop()
    process.removeListener('SIGINT', interrupt)
    await runtime.dispose()
  }
}

/** One file a picture; a name of our own never replaces a file. */
function outputs(out: string | undefined, { prompt, seed }: Settings, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => {
    if (out !== undefined) return count === 1 ? out : out.replace(/(\.png)?$/i, `-${seed + i}.png`)
    const words = prompt
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 40)
    const stem = `${words === '' ? 'picture' : words}-${seed + i}`
    let name = `${stem}.png`
    for (let n = 2; existsSync(name); n++) name = `${stem}-${n}.png`
    return name
  })
}

/** Without the keys that have no value. */
function given<O extends object>(options: O): { [K in keyof O]?: Exclude<O[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof O]?: Exclude<O[K], undefined>
  }
}
