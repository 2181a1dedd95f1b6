import { checkNumber } from '@fewstep/errors'
import { readModel, type Sizes, watchUnet } from '@fewstep/onnx-graph'
import type { Folder, Runtime, Value } from '@fewstep/runtime'
import { denoiser, sample } from '@fewstep/sampler'
import type { Recipe } from '@fewstep/sampler/diffusers'
import { type Generator, type Seed, seedAfter, torchGenerator } from '@fewstep/tensor'
import { type Changes, changeCounter } from './changes.ts'
import { type ConditionEncoder, conditionEncoder } from './conditions.ts'
import { RequestError } from './errors.ts'
import { guidanceOf } from './guidance.ts'
import { onHost } from './on-host.ts'
import { rewritten, rewrittenModel } from './rewritten.ts'
import { route } from './route.ts'
import { gaussian } from './start.ts'
import { type Condition, watchedNetwork } from './watched-network.ts'

export type MeasureOptions = {
  readonly runtime: Runtime
  readonly recipe: Recipe
  /** The U-Net's file in the folder; `unet/model.onnx` where absent. */
  readonly file?: string
  /** The shapes of all inputs of the U-Net for one condition, such as `{ sample: [1, 4, 64, 64] }`. */
  readonly sizes: Sizes
  /** One run for each prompt. In a folder without a text encoder only their number counts: the conditions are random numbers. */
  readonly prompts: readonly string[]
  readonly steps?: number
  readonly guidance?: number
  readonly seed?: Seed
  /** How many evaluations back deep features are compared; 4 where absent. */
  readonly ages?: number
  readonly signal?: AbortSignal
  /** Called before each model evaluation. */
  readonly onCall?: (done: number, total: number) => void
}

/** How much the values that caches reuse change between model evaluations. */
export type Measured = Changes & {
  /** The source of the conditions. */
  readonly conditions: 'prompts' | 'random numbers' | 'none'
  /** Step and timestep of each model evaluation. */
  readonly calls: readonly { readonly step: number; readonly timestep: number }[]
}

/**
 * Runs a U-Net without caches and measures how much the values that DeepCache and T-GATE reuse change from one evaluation to the
 * next. Figure 2 of arXiv 2312.00858 and figure 3 of arXiv 2404.02747 show this for Stable Diffusion; this function does it for
 * any U-Net. Each condition is evaluated separately.
 *
 * @throws ModelError where the U-Net has nothing to reuse or lacks an input, RequestError for invalid settings, MeasureError
 * for values that are not finite
 */
export async function measureReuse(folder: Folder, options: MeasureOptions): Promise<Measured> {
  const { runtime, recipe, file = 'unet/model.onnx', sizes, prompts, signal, onCall } = options
  const { steps = 25, guidance = 7.5, seed = 0, ages = 4 } = options
  if (prompts.length === 0) throw new RequestError('prompts', 'at least one', 'none')
  checkNumber(steps, { whole: true, minimum: 2 }, expected => new RequestError('steps', expected, steps))
  checkNumber(
    guidance,
    {},
    expected => new RequestError('guidance', `${expected} (1 or less is no guidance)`, guidance),
  )
  checkNumber(ages, { whole: true, minimum: 1 }, expected => new RequestError('ages', expected, ages))
  const { ops } = runtime
  const original = readModel(await folder.read(file))
  const watched = rewritten(folder, file, () => watchUnet(original))
  const samplingPlan = route(recipe, {}, steps)
  const { plan, levels } = samplingPlan
  const { scale, guided } = guidanceOf(samplingPlan, guidance)
  const total = plan.steps.reduce((sum, { evaluations }) => sum + evaluations.length, 0)
  const counter = changeCounter(watched, ages)
  const values = [...watched.deep, ...watched.attention].map(({ value }) => value)
  const as = await rewrittenModel(folder, file, original)
  const session = await runtime.open(as(watched.model), { keep: 'all' })
  let encoder: ConditionEncoder | undefined
  const conditions: Condition[] = []
  try {
    const network = watchedNetwork(session, ops, { name: folder.name, values, look: counter.add })
    encoder = await conditionEncoder(folder, session.inputs, { runtime, sizes, seed })
    const { kind, encode: encodePrompt } = encoder
    const encode = async (prompt: string): Promise<Condition> => {
      const condition = await encodePrompt(prompt)
      conditions.push(condition)
      return condition
    }
    const unconditional = guided && kind !== 'none' ? await encode('') : undefined
    const calls: { readonly step: number; readonly timestep: number }[] = []
    for (const [i, prompt] of prompts.entries()) {
      const denoise = denoiser<Value, Condition>(
        async question => {
          const { step, evaluation } = question.call
          calls[evaluation] = { step, timestep: question.timestep }
          onCall?.(i * total + evaluation, prompts.length * total)
          return network(question)
        },
        {
          process: recipe.process,
          prediction: recipe.prediction,
          condition: await encode(prompt),
          ops,
          threshold: recipe.threshold && onHost(recipe.threshold, ops),
          ...(unconditional === undefined ? {} : { guidance: { scale, unconditional } }),
        },
      )
      await oneRun(denoise, torchGenerator(seedAfter(seed, i)))
    }
    return { ...counter.result(total), conditions: kind, calls }
  } finally {
    for (const value of conditions.flatMap(condition => Object.values(condition))) ops.dispose(value)
    await Promise.all([session.dispose(), encoder?.dispose()])
  }

  async function oneRun(denoise: ReturnType<typeof denoiser<Value, Condition>>, random: Generator): Promise<void> {
    const noise = (): Value => gaussian(sizes.sample as readonly number[], random)
    const x = await ops.combine([[recipe.initialScale(levels), noise()]])
    try {
      ops.dispose(await sample({ plan, x, ops, denoise, noise, signal }))
    } finally {
      denoise.dispose()
      ops.dispose(x)
    }
  }
}
