import { readSchedulerConfig, route } from '@fewstep/pipelines'
import type { Folder } from '@fewstep/runtime'
import { denoiser, sample } from '@fewstep/sampler'
import { chooseRecipe, type Recipe } from '@fewstep/sampler/diffusers'
import { float32Ops } from '@fewstep/tensor'
import { describe, expect, test } from 'vitest'
import { guidanceOf } from '../src/guidance.ts'
import { type PipelineChange, pipelineChanges, readUnetConfig } from '../src/pipeline-overrides.ts'
import { reference } from './support/reference.ts'

/** What `reference/pipelines.py` recorded. */
type Made = { readonly timesteps: readonly number[]; readonly result: readonly number[] | null }
type Config = Readonly<Record<string, unknown>>
const recorded = JSON.parse(reference('pipelines.json').toString()) as {
  readonly changes: Readonly<Record<string, readonly PipelineChange[]>>
  readonly runs: readonly ({ readonly config: Config; readonly steps: number } & (Made | { readonly failed: string }))[]
  readonly named: readonly {
    readonly config: Config
    readonly solver: string
    readonly steps: number
    readonly given: Made
    readonly swapped: Made
  }[]
  readonly guidance: readonly { readonly guidance: number; readonly conditions: number }[]
  readonly sizes: readonly { readonly config: Config; readonly sample_size: number | readonly number[] }[]
}

/** A folder of these JSON files, and a decoder. */
function folderOf(files: Readonly<Record<string, unknown>>): Folder {
  return {
    name: 'folder',
    has: path => path in files || path === 'vae_decoder/model.onnx',
    read: async path => new TextEncoder().encode(JSON.stringify(files[path])),
    model: () => {
      throw new Error('no graph is opened')
    },
  }
}

async function schedulerOf(config: Config, pipeline?: string): Promise<Config> {
  const index = pipeline === undefined ? {} : { 'model_index.json': { _class_name: pipeline } }
  return readSchedulerConfig(folderOf({ 'scheduler/scheduler_config.json': config, ...index }))
}

const ops = float32Ops()

/** The run of the script: its network, and the numbers that it begins with. */
async function run(recipe: Recipe, steps: number): Promise<Made> {
  const { plan, levels } = route(recipe, {}, steps)
  const timesteps: number[] = []
  const denoise = denoiser<Float32Array, null>(
    ({ x, timestep }) => {
      timesteps.push(timestep)
      return [x.map(value => value / 2 + timestep / 2000)]
    },
    { process: recipe.process, prediction: recipe.prediction, condition: null, ops },
  )
  const x = Float32Array.of(1.5, -0.75, 0.25, -2).map(value => value * recipe.initialScale(levels))
  const draws = plan.steps.some(step => step.draws.length > 0)
  const result = await sample({ plan, x, ops, denoise, noise: x => x.map(() => 0) })
  return { timesteps, result: draws ? null : [...result] }
}

function expectMade(ours: Made, theirs: Made): void {
  expect(ours.timesteps.length).toBe(theirs.timesteps.length)
  for (const [i, timestep] of theirs.timesteps.entries()) expect(ours.timesteps[i]).toBeCloseTo(timestep, 2)
  if (theirs.result === null) return
  expect(ours.result).not.toBeNull()
  const largest = Math.max(...theirs.result.map(Math.abs))
  for (const [i, value] of theirs.result.entries())
    expect(Math.abs(ours.result![i]! - value) / largest).toBeLessThan(1e-4)
}

describe('a configuration has the meaning of StableDiffusionPipeline', () => {
  test.each(recorded.runs.map(each => [JSON.stringify(each.config), each] as const))('%s', async (_, each) => {
    const recipe = chooseRecipe(await schedulerOf(each.config))
    // Classes that use the option in their own constructor fail there before the pipeline can change it.
    if (!('failed' in each)) return expectMade(await run(recipe, each.steps), each)
    const offset = recorded.runs.find(
      other => JSON.stringify(other.config) === JSON.stringify({ ...each.config, steps_offset: 1 }),
    )
    expectMade(await run(recipe, each.steps), offset as unknown as Made)
  })

  test('PNDM at 5 steps without steps_offset', async () => {
    const config = { _class_name: 'PNDMScheduler', skip_prk_steps: true }
    const { timesteps } = await run(chooseRecipe(await schedulerOf(config)), 5)
    expect(timesteps).toEqual([801, 601, 601, 401, 201, 1])
  })
})

describe('a solver by name is planned from the changed configuration', () => {
  const told = ({ steps_offset, timestep_spacing = 'no spacing' }: Config) => `${steps_offset}, ${timestep_spacing}`
  test.each(recorded.named.map(each => [each.solver, told(each.config), each] as const))(
    '%s, offset %s',
    async (_, __, { config, solver, steps, given, swapped }) => {
      const made = await run(chooseRecipe(await schedulerOf(config), { solver: { name: solver } }), steps)
      expectMade(made, given)
      // What is swapped in later loses an option that the file does not have: the one case where both differ.
      if (config.steps_offset !== undefined) expectMade(made, swapped)
    },
  )

  test('its own options come first', async () => {
    const config = await schedulerOf({ _class_name: 'TCDScheduler' })
    const draws = (gamma: string) => {
      const solver = { name: 'tcd', options: { gamma } }
      return route(chooseRecipe(config, { solver }), {}, 4).plan.steps.some(step => step.draws.length > 0)
    }
    expect([draws('0'), draws('0.3')]).toEqual([false, true])
  })
})

describe('the pipeline in model_index.json decides which options change', () => {
  const names = Object.entries(recorded.changes)
  test.each(names)('%s changes %j', (name, changes) => {
    expect([...pipelineChanges(name)].sort()).toEqual([...changes].sort())
    expect(pipelineChanges(`ORT${name}`)).toEqual(pipelineChanges(name))
  })

  const config = { _class_name: 'PNDMScheduler', steps_offset: 0, clip_sample: true, skip_prk_steps: false }
  test.each([
    [undefined, 1, false, false],
    ['StableDiffusionPipeline', 1, false, false],
    ['ORTStableDiffusionPipeline', 1, false, false],
    ['StableDiffusionLongPromptWeightingPipeline', 1, false, false],
    ['StableDiffusionInpaintPipeline', 1, true, true],
    ['LatentConsistencyModelPipeline', 0, true, false],
    ['StableDiffusionXLPipeline', 0, true, false],
  ] as const)('%s', async (pipeline, offset, clip, skip) => {
    const { steps_offset, clip_sample, skip_prk_steps } = await schedulerOf(config, pipeline)
    expect([steps_offset, clip_sample, skip_prk_steps]).toEqual([offset, clip, skip])
  })

  test('a folder without a decoder keeps its configuration', async () => {
    const folder = folderOf({ 'scheduler/scheduler_config.json': config })
    expect(await readSchedulerConfig({ ...folder, has: path => path === 'scheduler/scheduler_config.json' })).toEqual(
      config,
    )
  })
})

test.each(recorded.sizes.map(each => [JSON.stringify(each.config), each] as const))(
  'the size of %s',
  async (_, { config, sample_size: size }) => {
    expect((await readUnetConfig(folderOf({ 'unet/config.json': config }))).sample_size).toEqual(size)
    const onnx = { 'unet/config.json': config, 'model_index.json': { _class_name: 'OnnxStableDiffusionPipeline' } }
    expect((await readUnetConfig(folderOf(onnx))).sample_size).toEqual(config.sample_size)
  },
)

test.each(recorded.guidance)('guidance $guidance asks $conditions conditions', ({ guidance, conditions }) => {
  const { guided, scale } = guidanceOf(route(chooseRecipe({ _class_name: 'DDIMScheduler' }), {}, 3), guidance)
  expect(guided ? 2 : 1).toBe(conditions)
  expect(scale).toBe(conditions === 2 ? guidance : 1)
})
