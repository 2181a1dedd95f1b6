import { findSolver, NameError } from '@fewstep/sampler/names'
import { edm, type NoiseLevel } from '@fewstep/schedules'
import { readOptions } from '@fewstep/schedules/catalogue'
import type { Solver } from '@fewstep/solvers'
import { solverCatalogue } from '@fewstep/solvers/catalogue'
import { describe, expect, test } from 'vitest'
import { kDiffusion, ofRun } from './support/exceptions.ts'
import { denoised, expectValues, originals, questions, type Run, recorded, startNoise } from './support/originals.ts'

type Case = {
  readonly name: string
  readonly sampler: string
  readonly options: Readonly<Record<string, number | string>>
  readonly runs: readonly Run[]
}
const { cases, startSeed, noiseSeed } = originals<Case>('k-diffusion')

/** What the options of a sampler are called here. */
const options: Readonly<Record<string, string>> = {
  s_noise: 'sNoise',
  solver_type: 'solverType',
  s_churn: 'churn',
  s_tmin: 'sMin',
  s_tmax: 'sMax',
  r: 'r1',
}

const missing: string[] = []
for (const one of cases) {
  // It has no plan; packages/solvers/test/adaptive.test.ts compares it.
  if (one.sampler === 'dpm_adaptive') continue
  const solver = solverOf(one)
  if (solver === undefined) missing.push(one.name)
  else compare(one, solver)
}

test('cases that are not compared yet are listed in pending', () => {
  const named = (entry: string, name: string): boolean => name === entry || name.split(':')[0] === entry
  expect(missing.filter(name => !kDiffusion.pending.some(entry => named(entry, name)))).toEqual([])
  expect(kDiffusion.pending.filter(entry => !missing.some(name => named(entry, name)))).toEqual([])
})

function solverOf({ name, sampler, options: given }: Case): Solver | undefined {
  try {
    const found = findSolver(`sample_${sampler}`).solver
    const row = solverCatalogue.find(one => one.name === found.name)!
    const renamed = Object.entries(given).map(([option, value]) => [options[option] ?? option, value])
    const more = kDiffusion.references.find(one => one.name.test(name))?.options
    const all = { ...found.options, ...Object.fromEntries(renamed), ...more }
    return Object.keys(all).every(option => Object.hasOwn(row.options, option))
      ? row.create(readOptions(row.options, all, row.name))
      : undefined
  } catch (error) {
    if (error instanceof NameError) return undefined
    throw error
  }
}

function compare({ name, sampler, runs }: Case, solver: Solver): void {
  describe(name, () => {
    for (const run of runs) {
      if (run.failed !== undefined) continue
      const different = ofRun(kDiffusion.differences, name, run.steps)
      if (different === undefined) test(`${run.steps} steps`, () => expectEqual(sampler, solver, run))
      else {
        test(`${run.steps} steps differ: the original ${different.why}`, async () => {
          await expect(expectEqual(sampler, solver, run)).rejects.toThrow()
        })
      }
    }
  })
}

async function expectEqual(sampler: string, solver: Solver, run: Run): Promise<void> {
  const levels = levelsOf(sampler, run)
  const got = await questions(
    solver.plan(levels, edm()),
    startNoise(startSeed).map(value => value * levels[0]!.sigma),
    noiseSeed,
    () => (x, level) => ({ denoised: Float32Array.from(denoised(x, level)) }),
    run.draws,
  )
  expect(got.levels.length, 'calls').toBe(run.timesteps.length)
  got.levels.forEach(({ sigma }, i) => {
    expect(Math.abs(sigma / run.timesteps[i]! - 1), `sigma of call ${i}`).toBeLessThan(5e-6)
  })
  const alphas = got.values.map(() => 1)
  expectValues(got.values, recorded(run), alphas)
}

/** Of DPM fast only the ends are recorded; as many steps as calls lie between them. */
function levelsOf(sampler: string, { sigmas, steps }: Run): readonly NoiseLevel[] {
  if (sampler !== 'dpm_fast') return sigmas!.map(sigma => ({ alpha: 1, sigma }))
  const [max, min] = [sigmas![0]!, sigmas![1]!]
  return Array.from({ length: steps + 1 }, (_, i) => ({ alpha: 1, sigma: max * (min / max) ** (i / steps) }))
}
