import {
  type Cacher,
  deepCache,
  easyCache,
  firstBlock,
  freeU,
  guidanceInterval,
  guidanceReuse,
  taylorSeer,
  tGate,
} from '@fewstep/cachers'
import { model } from '@fewstep/model-emoji'
import { type GenerateOptions, type TextToImage, textToImage } from '@fewstep/pipelines'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { chooseRecipe } from '@fewstep/sampler/diffusers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { drawn, psnr } from './support/reference.ts'

/** What the caches' own packages drew (`reference/caches.py`). */
type CacheRun = {
  readonly kind: 'deepcache' | 'tgate' | 'both' | 'freeu'
  readonly scheduler: string
  readonly steps: number
  readonly guidance: number
  readonly prompt: string
  readonly seed: number
  readonly width: number
  readonly height: number
  readonly interval: number
  readonly branch: number
  readonly gate: number
  readonly sp: number
  readonly fi: number
  readonly warm: number
  readonly b1: number
  readonly b2: number
  readonly s1: number
  readonly s2: number
}

const runtime = nodeRuntime()
let pipe: TextToImage
beforeAll(async () => {
  pipe = await textToImage(directory(model), { runtime })
})
afterAll(() => runtime.dispose())

function cachersOf(run: CacheRun): readonly Cacher[] {
  // The DeepCache package counts calls by their timesteps, which differs from steps where PNDM repeats one.
  const deep = () =>
    deepCache({ interval: run.interval, branch: run.branch, count: run.scheduler === 'pndm' ? 'timesteps' : 'steps' })
  switch (run.kind) {
    case 'deepcache':
      return [deep()]
    case 'tgate':
      return run.sp === 1 && run.fi === 1
        ? [tGate({ gate: run.gate })]
        : [tGate({ gate: run.gate, selfAttention: { interval: run.sp, after: run.fi, warmUp: run.warm } })]
    case 'both':
      return [deep(), tGate({ gate: run.gate })]
    case 'freeu':
      return [freeU({ b1: run.b1, b2: run.b2, s1: run.s1, s2: run.s2 })]
  }
}

const draw = async (
  options: GenerateOptions & { readonly solver?: never; readonly name?: string },
  prompt = 'a red apple',
) => {
  const { name = 'ddim', ...rest } = options
  const recipe = chooseRecipe(pipe.schedulerConfig, { solver: { name } })
  const [image] = await pipe.generate(prompt, { recipe, seed: 7, steps: 10, ...rest })
  return image!
}

describe("the image equals that of the cache's own package", () => {
  test.each(drawn<CacheRun>('caches'))(
    '$kind: $scheduler, $steps steps, guidance $guidance, interval $interval, branch $branch, gate $gate, $sp $fi $warm, b1 $b1',
    async run => {
      const { steps, guidance, seed, pixels } = run
      const image = await draw({ name: run.scheduler, steps, guidance, seed, cachers: cachersOf(run) }, run.prompt)
      expect(psnr(image.data, pixels)).toBeGreaterThanOrEqual(45)
    },
  )
})

describe('one graph that switches', () => {
  test.each([0, 2, 5])('draws what two graphs draw, at branch %d', async branch => {
    const [two, one] = [
      await draw({ cachers: [deepCache({ branch })] }),
      await draw({ cachers: [deepCache({ branch, graphs: 1 })] }),
    ]
    expect(psnr(one.data, two.data)).toBeGreaterThan(60)
  })

  test('DeepCache and T-GATE in it together, too', async () => {
    const two = await draw({ cachers: [deepCache(), tGate({ gate: 4 })] })
    const one = await draw({ cachers: [deepCache({ graphs: 1 }), tGate({ gate: 4 })] })
    expect(psnr(one.data, two.data)).toBeGreaterThan(60)
  })
})

describe('caches that change nothing', () => {
  test('DeepCache at each step, FreeU of ones, guidance in all of the run', async () => {
    const plain = await draw({})
    for (const cachers of [
      [deepCache({ interval: 1 })],
      [firstBlock({ threshold: 0 })],
      [freeU({ b1: 1, b2: 1, s1: 1, s2: 1 })],
      [freeU({ from: 0, to: 0 })],
      [guidanceInterval()],
      [guidanceReuse({ interval: 1 })],
      [easyCache({ threshold: 0 })],
      [tGate({ gate: 10 })],
    ]) {
      const image = await draw({ cachers })
      expect(psnr(image.data, plain.data), cachers[0]!.name).toBeGreaterThan(55)
      expect(image.evaluations).toBe(10)
    }
  })
})

describe('runs', () => {
  test('leave out calls, and say so', async () => {
    const all = await draw({ steps: 20 })
    for (const cacher of [easyCache({ threshold: 0.3 }), taylorSeer({ interval: 3 })]) {
      const image = await draw({ steps: 20, cachers: [cacher] })
      expect(image.evaluations, cacher.name).toBeLessThan(20)
      expect(psnr(image.data, all.data), cacher.name).toBeGreaterThan(15)
    }
  })

  test('start afresh with each image and prompt, and are the same again', async () => {
    const cachers = [deepCache(), tGate()]
    const alone = await draw({ cachers, seed: 5 })
    const recipe = chooseRecipe(pipe.schedulerConfig, { solver: { name: 'ddim' } })
    const images = await pipe.generate(['a star', 'a red apple'], { recipe, cachers, seed: 4, count: 2, steps: 10 })
    expect(images[3]!.data).toEqual(alone.data)
    const wide = await draw({ cachers, width: 96, height: 64 })
    expect(wide.width).toBe(96)
    expect((await draw({ cachers, seed: 5 })).data).toEqual(alone.data)
  })

  test('end between calls when aborted, and the next one is unharmed', async () => {
    const cachers = [deepCache(), tGate()]
    const before = await draw({ cachers })
    const control = new AbortController()
    const onStep = ({ step }: { readonly step: number }) => void (step === 6 && control.abort())
    await expect(draw({ cachers, signal: control.signal, onStep })).rejects.toThrow(/abort/)
    expect((await draw({ cachers })).data).toEqual(before.data)
  })

  test('at the same time with other caches do not disturb each other', async () => {
    const [deep, gated, plain] = await Promise.all([
      draw({ cachers: [deepCache()] }),
      draw({ cachers: [tGate()] }),
      draw({}),
    ])
    expect((await draw({ cachers: [deepCache()] })).data).toEqual(deep.data)
    expect((await draw({ cachers: [tGate()] })).data).toEqual(gated.data)
    expect((await draw({})).data).toEqual(plain.data)
  })
})

describe('the first-block cache', () => {
  test('at threshold 0 draws the image without caches bit for bit, and reuses nothing', async () => {
    const [plain, cached] = [await draw({}), await draw({ cachers: [firstBlock({ threshold: 0 })] })]
    expect(cached.data).toEqual(plain.data)
    expect(cached).toMatchObject({ evaluations: 10, shallow: 0 })
  })

  test.each([0, 1, 3])('at an infinite threshold makes one full call, at branch %i', async branch => {
    const cached = await draw({ cachers: [firstBlock({ threshold: Number.POSITIVE_INFINITY, branch })] })
    expect(cached).toMatchObject({ evaluations: 10, shallow: 9 })
    const deep = await draw({ cachers: [deepCache({ interval: 10, branch })] })
    expect(deep.shallow).toBe(9)
    expect(psnr(cached.data, deep.data)).toBeGreaterThan(60)
  })

  test('reuses at most the given number of evaluations in a row', async () => {
    const cached = await draw({ cachers: [firstBlock({ threshold: 1e9, maximum: 2 })] })
    expect(cached.shallow).toBe(6)
    const deep = await draw({ cachers: [deepCache({ interval: 3, branch: 1 })] })
    expect(psnr(cached.data, deep.data)).toBeGreaterThan(60)
  })

  test('reuses more, the higher the threshold', async () => {
    const images = []
    for (const threshold of [0.1, 0.2, 0.4])
      images.push(await draw({ steps: 20, cachers: [firstBlock({ threshold })] }))
    const shallow = images.map(image => image.shallow)
    expect(shallow).toEqual([...shallow].sort((a, b) => a - b))
    expect(new Set(shallow).size).toBe(3)
  })

  test('goes with T-GATE and FreeU, and computes anew where guidance ends', async () => {
    const cachers = [firstBlock({ threshold: 1e9 }), tGate({ gate: 4 }), freeU({ b1: 1.1, b2: 1.1 })]
    const image = await draw({ cachers })
    // Full calls: the first, the one that keeps attention, and the first without guidance.
    expect(image.shallow).toBe(7)
    const deep = await draw({ cachers: [deepCache({ interval: 10, branch: 1 }), ...cachers.slice(1)] })
    expect(deep.shallow).toBe(7)
    expect(psnr(image.data, deep.data)).toBeGreaterThan(60)
  })
})

test('a branch that is not there is named', async () => {
  await expect(draw({ cachers: [deepCache({ branch: 9 })] })).rejects.toThrow(/branch from 0 to 8, got 9/)
})

test('caches that cannot be used together are refused before a graph is opened', async () => {
  const paths: string[] = []
  const counting = {
    ...runtime,
    open: (...args: Parameters<typeof runtime.open>) => {
      paths.push('path' in args[0] ? args[0].path : '')
      return runtime.open(...args)
    },
  }
  for (const cachers of [
    [deepCache(), firstBlock()],
    [taylorSeer(), easyCache()],
  ])
    await expect(textToImage(directory(model), { runtime: counting, cachers })).rejects.toThrow(
      `${cachers.map(({ name }) => name).join(' and ')} must be used one at a time`,
    )
  expect(paths).toEqual([])
})
