import { checkNumber } from '@fewstep/errors'
import { readModel, type Sizes, watchUnet } from '@fewstep/onnx-graph'
import type { Folder, Runtime, Value } from '@fewstep/runtime'
import { denoiser, sample } from '@fewstep/sampler'
import type { Recipe } from '@fewstep/sampler/diffusers'
import { type Generator, torchGenerator } from '@fewstep/tensor'
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
  /** The U-Net's file in the folder. */
  readonly file?: string
  /** Shapes of the U-Net's inputs for one condition, such as `{ sample: [1, 4, 64, 64] }`; all of them. */
  readonly sizes: Sizes
  /** A run for each; in a folder without a text encoder their number counts, and conditions are random numbers. */
  readonly prompts: readonly string[]
  readonly steps?: number
  readonly guidance?: number
  readonly seed?: number
  /** Deep features are compared with those of up to so many calls before; 4 where absent. */
  readonly ages?: number
  readonly signal?: AbortSignal
  /** Before each call of a run for one prompt. */
  readonly onCall?: (done: number, total: number) => void
}

/** How much what caches reuse changes from call to call. */
export type Measured = Changes & {
  /** Where the conditions came from. */
  readonly conditions: 'prompts' | 'random numbers' | 'none'
  readonly calls: readonly { readonly step: number; readonly timestep: number }[]
}

/**
 * Runs a U-Net without caches and measures how much the values that DeepCache and T-GATE reuse change from one call to the
 * next: what figure 2 of arXiv 2312.00858 and figure 3 of arXiv 2404.02747 show for Stable Diffusion, for any U-Net. Each
 * condition is asked in a call of its own.
 *
 * @throws ModelError where the U-Net has nothing to cut or lacks an input, RequestError for settings that give no run,
 * MeasureError for values that are not finite
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
  const way = route(recipe, {}, steps)
  const { plan, levels } = way
  const { scale, guided } = guidanceOf(way, guidance)
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
      await oneRun(denoise, torchGenerator(seed + i))
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
