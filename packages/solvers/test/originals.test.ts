import { readFileSync } from 'node:fs'
import { edm, karras, type NoiseLevel, type Process, thinned } from '@fewstep/schedules'
import { consistency, ipndm, run, type Solver } from '@fewstep/solvers'
import { torchGenerator } from '@fewstep/tensor'
import { describe, expect, test } from 'vitest'
import { line, posteriorMean } from './support/mixture.ts'
import { vectors } from './support/vectors.ts'

type Run = {
  readonly steps: number
  readonly initial: number
  readonly timesteps: readonly number[]
  /** The input of each call and the result, as float32 in base64. */
  readonly values: string
}
const file = new URL('../../../reference/data/originals/more.json', import.meta.url)
const { cases, startSeed, noiseSeed } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly startSeed: number
  readonly noiseSeed: number
  readonly cases: readonly { readonly name: string; readonly runs: readonly Run[] }[]
}

/** The trigonometric process of iPNDM's original, timesteps 0 … 1. */
const circle: Process = {
  level: t => ({ alpha: Math.cos((t * Math.PI) / 2), sigma: Math.sin((t * Math.PI) / 2), timestep: t }),
  timestep: ({ alpha, sigma }) => (Math.atan2(sigma, alpha) / Math.PI) * 2,
  first: 0,
  last: 1,
}
const trained = (steps: number) => thinned(karras(), { of: 40 }).levels(steps, edm())
const ours: Readonly<
  Record<string, { readonly solver: Solver; readonly process: Process; levels(run: Run): readonly NoiseLevel[] }>
> = {
  consistency: { solver: consistency(), process: edm(), levels: ({ steps }) => trained(steps) },
  'consistency, noise 1.003': {
    solver: consistency({ sNoise: 1.003 }),
    process: edm(),
    levels: ({ steps }) => trained(steps),
  },
  ipndm: {
    solver: ipndm({ eulerAtFinal: false }),
    process: circle,
    levels: ({ timesteps }) => [...timesteps.map(circle.level), { alpha: 1, sigma: 0 }],
  },
}

describe.each(cases.map(({ name, runs }) => [name, runs] as const))('%s equals diffusers', (name, runs) => {
  test.each(runs.map(original => [original.steps, original] as const))('in %d steps', async (_, original) => {
    const { solver, process, levels } = ours[name]!
    const bytes = Buffer.from(original.values, 'base64')
    const size = bytes.length / 4 / (original.timesteps.length + 1)
    const expected = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i))
    const ops = vectors()
    const noise = torchGenerator(noiseSeed)
    const seen: number[] = []
    const x = Float64Array.from(torchGenerator(startSeed).normal(size), value => value * original.initial)
    const events = run(solver.plan(levels(original), process), x, {
      ops,
      denoise: (at, level) => {
        seen.push(...at)
        return { denoised: ops.make([...at].map(value => posteriorMean(line, Float64Array.of(value), level)[0]!)) }
      },
      noise: () => ops.make(noise.normal(size)),
    })
    for await (const { step, steps, x } of events) if (step === steps - 1) seen.push(...x)
    expect(seen).toHaveLength(expected.length)
    for (const [i, value] of seen.entries())
      expect(Math.abs(value - expected[i]!), `number ${i}`).toBeLessThan(1e-5 * (1 + Math.abs(expected[i]!)))
  })
})
