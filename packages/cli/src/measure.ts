import { dirname, relative, resolve } from 'node:path'
import { stderr } from 'node:process'
import type { Sizes } from '@fewstep/onnx-graph'
import { type Measured, measureReuse, readSchedulerConfig, reuseInterval, settledStep } from '@fewstep/pipelines'
import { choicesOf } from '@fewstep/pipelines/settings'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { type Choice, chooseRecipe } from '@fewstep/sampler/diffusers'
import type { Seed } from '@fewstep/tensor'
import { checkWritable, writeWhole } from './files.ts'
import { changeChart } from './measure-text.ts'
import { parseNumber, parseSeed } from './parse.ts'
import { progress } from './progress.ts'

/** The options of `fewstep inspect --measure`. */
export type MeasureFlags = {
  readonly prompt?: readonly string[]
  readonly steps?: string
  readonly guidance?: string
  readonly seed?: string
  readonly solver?: string
  readonly schedule?: string
  readonly tolerance?: string
  readonly plot?: string
}

/** A measurement, and the cache settings that it suggests. */
export type Measurement = Measured & {
  readonly prompts: readonly string[]
  readonly steps: number
  readonly guidance: number
  readonly tolerance: number
  /** The gate step for T-GATE; see `settledStep`. */
  readonly gate: ReturnType<typeof settledStep>
  /** The intervals for DeepCache; see `reuseInterval`. */
  readonly intervals: readonly { readonly branch: number; readonly interval: number }[]
}

const ages = 4
const defaultPrompts = ['a red apple', 'a cat', 'a house', 'a blue heart'] as const
/** The scheduler configuration of Stable Diffusion, for files that come without one. */
const stableDiffusion = {
  _class_name: 'DDIMScheduler',
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
  clip_sample: false,
  set_alpha_to_one: false,
  steps_offset: 1,
}

type MeasureRequest = {
  readonly choices: { readonly solver?: Choice; readonly schedule?: Choice }
  readonly plot: string | undefined
  readonly prompts: readonly string[]
  readonly steps: number
  readonly seed: Seed
  readonly guidance: number
  readonly tolerance: number
}

/** Checks everything that needs no model. @throws ArgumentError, and the errors for unknown names */
export async function readMeasureFlags(flags: MeasureFlags): Promise<MeasureRequest> {
  const whole = (name: 'steps' | 'seed', usual: number, minimum?: number): number =>
    flags[name] === undefined
      ? usual
      : parseNumber(name, flags[name], { whole: true, ...(minimum === undefined ? {} : { minimum, maximum: 1000 }) })
  const choices = choicesOf(flags)
  chooseRecipe(stableDiffusion, choices)
  if (flags.plot !== undefined) await checkWritable(flags.plot, '--plot')
  return {
    choices,
    plot: flags.plot,
    prompts: flags.prompt ?? defaultPrompts,
    steps: whole('steps', 25, 2),
    seed: flags.seed === undefined ? 0 : parseSeed(flags.seed),
    guidance: flags.guidance === undefined ? 7.5 : parseNumber('guidance', flags.guidance),
    tolerance:
      flags.tolerance === undefined ? 0.2 : parseNumber('tolerance', flags.tolerance, { minimum: 0, maximum: 10 }),
  }
}

/** Runs the U-Net, writes the chart for `--plot`, and suggests cache settings. */
export async function measure(path: string, sizes: Sizes, request: MeasureRequest): Promise<Measurement> {
  const { choices, plot, prompts, steps, seed, guidance, tolerance } = request
  const file = resolve(path)
  const root = dirname(dirname(file))
  const folder = directory(root)
  const configuration = 'scheduler/scheduler_config.json'
  const present = folder.has(configuration)
  if (!present) stderr.write(`warning: the model has no ${configuration}, so that of Stable Diffusion is used\n`)
  const config = present ? await readSchedulerConfig(folder) : stableDiffusion
  const runtime = nodeRuntime()
  const bar = progress()
  try {
    const measured = await measureReuse(folder, {
      runtime,
      recipe: chooseRecipe(config, choices),
      file: relative(root, file),
      sizes,
      prompts,
      steps,
      guidance,
      seed,
      ages,
      onCall: (done, total) => bar.report(done / total, `evaluation ${done} of ${total}`),
    })
    const intervals = measured.deep.map(({ branch, aged }) => ({ branch, interval: reuseInterval(aged, tolerance) }))
    const gate = settledStep(measured)
    const result = { ...measured, prompts, steps, guidance, tolerance, gate, intervals }
    if (plot !== undefined) await writeWhole(plot, new TextEncoder().encode(changeChart(result)))
    return result
  } finally {
    bar.stop()
    await runtime.dispose()
  }
}
