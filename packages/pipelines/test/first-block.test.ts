import { readFileSync } from 'node:fs'
import { firstBlock } from '@fewstep/cachers'
import { model } from '@fewstep/model-emoji'
import { carry, carryDeepFeatures, findSkips, readModel, writeModel } from '@fewstep/onnx-graph'
import { textToImage } from '@fewstep/pipelines'
import type { HostValue, Session, Value } from '@fewstep/runtime'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { denoiser, sample } from '@fewstep/sampler'
import { chooseRecipe } from '@fewstep/sampler/diffusers'
import { torchGenerator } from '@fewstep/tensor'
import { afterAll, expect, test } from 'vitest'
import { clipTokenizer } from '../src/tokenizer.ts'

const runtime = nodeRuntime()
afterAll(() => runtime.dispose())
const { ops } = runtime
const folder = directory(model)
const steps = 12

/** The same by a network of its own: the whole graph with the first block's output beside it, and DeepCache's shallow part. */
async function plain(threshold: number, branch: number, guidance: number) {
  const unet = readModel(new Uint8Array(readFileSync(new URL('unet/model.onnx', model))))
  const { shallow, feature } = carryDeepFeatures(unet, { branch })
  const first = findSkips(unet)[1]!.skip
  const opened: Session[] = []
  const open = async (graph: typeof unet): Promise<Session> => {
    opened.push(await runtime.open({ bytes: writeModel(graph) }))
    return opened.at(-1)!
  }
  const [whole, part] = [await open(carry(unet, [first, feature]).full), await open(shallow)]
  const text = await runtime.open(await folder.model('text_encoder/model.onnx'))
  const tokenizer = await clipTokenizer(folder)
  const encode = async (words: string): Promise<Value> => {
    const [port] = text.inputs
    const data = Int32Array.from(tokenizer.encode(words).ids)
    const ids = { type: 'int32', shape: [1, data.length], data } as const
    const asked =
      port!.type === 'int64' ? { ...ids, type: 'int64' as const, data: BigInt64Array.from(data, BigInt) } : ids
    return (await text.run({ [port!.name]: asked })).last_hidden_state!
  }
  const recipe = chooseRecipe(
    JSON.parse(new TextDecoder().decode(await folder.read('scheduler/scheduler_config.json'))),
    {
      solver: { name: 'ddim' },
    },
  )
  let kept: { readonly first: Float32Array; readonly feature: Value } | undefined
  const decisions: string[] = []
  const denoise = denoiser<Value, Value>(
    async ({ x, timestep, conditions }) => {
      const feeds = {
        sample: await ops.concat(conditions.map(() => x)),
        timestep: { type: 'int64', shape: [], data: BigInt64Array.of(BigInt(Math.trunc(timestep))) } as const,
        encoder_hidden_states: await ops.concat(conditions),
      }
      const made = await whole.run(feeds)
      const now = made[first]!.data as Float32Array
      let [distance, size] = [0, 0]
      for (const [i, before] of (kept?.first ?? []).entries()) {
        distance += Math.abs(now[i]! - before)
        size += Math.abs(before)
      }
      const reuse = kept !== undefined && distance / size < threshold
      decisions.push(reuse ? 'shallow' : 'full')
      const { [feature]: deep, ...others } = made
      const answer = reuse ? await part.run({ ...feeds, [feature]: kept!.feature }) : others
      if (!reuse) kept = { first: now, feature: deep! }
      return ops.split(answer.out_sample!, conditions.length)
    },
    {
      process: recipe.process,
      prediction: recipe.prediction,
      condition: await encode('a blue heart'),
      ops,
      ...(guidance === 1 ? {} : { guidance: { scale: guidance, unconditional: await encode('') } }),
    },
  )
  const levels = recipe.schedule.levels(steps, recipe.process)
  const data = torchGenerator(3).normal(4 * 16 * 16)
  const x = { type: 'float32', shape: [1, 4, 16, 16], data } as const
  const latents = (await sample({ plan: recipe.solver.plan(levels, recipe.process), x, ops, denoise })) as HostValue
  await Promise.all([...opened, text].map(session => session.dispose()))
  return { latents: latents.data as Float32Array, decisions, recipe }
}

test.each([
  [0.25, 1, 7.5],
  [0.4, 0, 1],
])(
  'threshold %d, branch %i, guidance %d: what a plain re-implementation draws',
  async (threshold, branch, guidance) => {
    const { latents, decisions, recipe } = await plain(threshold, branch, guidance)
    const pipe = await textToImage(folder, { runtime, cachers: [firstBlock({ threshold, branch })] })
    const [image] = await pipe.generate('a blue heart', { recipe, steps, guidance, seed: 3, latents: true })
    await pipe.dispose()
    expect(new Set(decisions).size).toBe(2)
    expect(image!.evaluations).toBe(steps)
    expect(image!.shallow).toBe(decisions.filter(decision => decision === 'shallow').length)
    const ours = image!.latents!.data as Float32Array
    const size = Math.max(...latents.map(Math.abs))
    expect(Math.max(...latents.map((value, i) => Math.abs(value - ours[i]!)))).toBeLessThan(1e-4 * size)
  },
)
