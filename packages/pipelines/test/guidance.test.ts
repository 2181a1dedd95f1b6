import { adaptiveGuidance, guidanceInterval, guidanceReuse, tGate } from '@fewstep/cachers'
import { model } from '@fewstep/model-emoji'
import { type GenerateOptions, guidanceOf, type Image, route, textToImage } from '@fewstep/pipelines'
import type { Runtime } from '@fewstep/runtime'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { chooseRecipe } from '@fewstep/sampler/diffusers'
import { dpmAdaptive } from '@fewstep/solvers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const runtime = nodeRuntime()
/** The conditions of each evaluation of the U-Net. */
const conditions: number[] = []
const counting: Runtime = {
  ...runtime,
  async open(...args) {
    const session = await runtime.open(...args)
    return {
      ...session,
      run(feeds, ...rest) {
        const { encoder_hidden_states: states } = feeds
        if (states !== undefined) conditions.push(states.shape[0]!)
        return session.run(feeds, ...rest)
      },
    }
  },
}

let pipe: Awaited<ReturnType<typeof textToImage>>
let start: Image
beforeAll(async () => {
  pipe = await textToImage(directory(model), { runtime: counting })
  ;[start] = (await pipe.generate('a cat', { steps: 2, seed: 3 })) as [Image]
})
afterAll(() => runtime.dispose())

const config = {
  _class_name: 'DDIMScheduler',
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
  steps_offset: 1,
}
const ofSolver = (name: string) => chooseRecipe(config, { solver: { name } })

async function draw(options: GenerateOptions) {
  const warnings: string[] = []
  conditions.length = 0
  const common = { steps: 2, seed: 7, onWarning: (message: string) => void warnings.push(message) }
  const [{ data }] = (await pipe.generate('a red apple', { ...common, ...options })) as [Image]
  return { data, warnings, conditions: [...conditions] }
}

describe('guidance of 1 or less is no guidance, as in diffusers', () => {
  const requests = (): Readonly<Record<string, GenerateOptions>> => ({
    'text to image': {},
    'image to image': { image: start, strength: 0.7 },
    'DPM-Solver++': { recipe: ofSolver('dpmpp-2m') },
    'adaptive steps': { solver: dpmAdaptive({ rtol: 1, atol: 1 }) },
    'guidance caches': { cachers: [guidanceReuse(), guidanceInterval({ to: 0.5 }), adaptiveGuidance()] },
    'T-GATE': { cachers: [tGate({ gate: 1 })] },
  })
  test.each(Object.keys(requests()))('%s', async name => {
    const request = requests()[name]!
    const none = await draw({ ...request, guidance: 1 })
    expect(none.conditions.every(count => count === 1)).toBe(true)
    for (const guidance of [0, 0.5, -3]) {
      const { data, conditions } = await draw({ ...request, guidance, negativePrompt: 'a blue heart' })
      expect(data).toEqual(none.data)
      expect(conditions).toEqual(none.conditions)
    }
  })

  test('just above 1 it is guidance', async () => {
    const { conditions, data } = await draw({ guidance: 1.5 })
    expect(conditions).toEqual(conditions.map(() => 2))
    expect(data).not.toEqual((await draw({ guidance: 1 })).data)
  })
})

describe('CFG++ keeps a scale from 0 to 1, and uses both conditions', () => {
  test.each(['euler-cfg-pp', 'dpmpp-2m-cfg-pp'])('%s', async name => {
    const recipe = ofSolver(name)
    const [low, high] = [await draw({ recipe, guidance: 0.6 }), await draw({ recipe, guidance: 1 })]
    expect(low.conditions).toEqual([2, 2])
    // The last step, to sigma 0, goes to the guided estimate alone.
    expect(high.conditions).toEqual([2, 1])
    expect(low.data).not.toEqual(high.data)
    const negative = await draw({ recipe, guidance: 1, negativePrompt: 'a blue heart' })
    expect(negative.data).not.toEqual(high.data)
    expect(negative.warnings).toEqual([])
  })
})

test.each([
  ['ddim', 7.5, { scale: 7.5, guided: true }],
  ['ddim', 1.01, { scale: 1.01, guided: true }],
  ['ddim', 1, { scale: 1, guided: false }],
  ['ddim', 0, { scale: 1, guided: false }],
  ['ddim', -2, { scale: 1, guided: false }],
  ['euler-cfg-pp', 0.5, { scale: 0.5, guided: true }],
  ['euler-cfg-pp', 1, { scale: 1, guided: true }],
] as const)('%s at guidance %d', (name, guidance, expected) => {
  expect(guidanceOf(route(chooseRecipe(config, { solver: { name } }), {}, 4), guidance)).toEqual(expected)
})

describe('a negative prompt without effect gives a warning', () => {
  test.each([1, 0, 0.5])('at guidance %d', async guidance => {
    const { warnings } = await draw({ guidance, negativePrompt: 'blurry' })
    expect(warnings).toEqual([
      `the negative prompt has no effect at guidance ${guidance}, since 1 or less is no guidance; raise guidance above 1 to use it`,
    ])
  })
  test.each([
    ['above 1', 2, 'blurry'],
    ['where it is empty', 1, ''],
    ['where it is blank', 0, ' '],
  ])('and not %s', async (_, guidance, negativePrompt) => {
    expect((await draw({ guidance, negativePrompt })).warnings).toEqual([])
  })
})
