import { readFileSync } from 'node:fs'
import { chooseRecipe, fromDiffusersConfig } from '@fewstep/sampler/diffusers'
import type { NoiseLevel } from '@fewstep/schedules'
import { describe, expect, test } from 'vitest'

type Row = {
  readonly solver: string
  readonly options: Readonly<Record<string, unknown>>
  readonly steps: number
  readonly timesteps: readonly number[]
  readonly initial: number
  readonly sigmas?: readonly number[]
  readonly alphas_cumprod?: readonly number[]
}
const path = new URL('../../../reference/data/scheduler-grids.json', import.meta.url)
const { config, rows }: { config: Record<string, unknown>; rows: readonly Row[] } = JSON.parse(
  readFileSync(path, 'utf8'),
)
const rho = ({ alpha, sigma }: NoiseLevel): number => sigma / alpha
const distinct = (values: readonly number[]): number[] =>
  values.filter((value, i) => i === 0 || value !== values[i - 1])

describe.each(rows.map(row => [`${row.solver} ${JSON.stringify(row.options)} ${row.steps}`, row] as const))(
  '%s',
  (_, row) => {
    // DDIM and PNDM step by ⌊T/steps⌋ from whatever timestep they are at; a grid that is not made so has no levels of its own.
    const recipe = chooseRecipe({ ...config, ...row.options }, { solver: { name: row.solver } })
    const levels = recipe.schedule.levels(row.steps, recipe.process)

    test('timesteps', () => {
      const ours = levels.slice(0, -1).map(level => level.timestep!)
      // Heun and PNDM call twice at some timesteps; DPM-Solver may tell two levels the same one.
      const theirs = row.solver === 'dpmpp-2m' ? row.timesteps : distinct(row.timesteps)
      // A last level that the end repeats is left out.
      const idle = theirs.length - ours.length
      expect(idle).toBeLessThanOrEqual(row.alphas_cumprod !== undefined && theirs.at(-1) === 0 ? 1 : 0)
      // Rounded down, the highest sigma's timestep hangs on the last bit of exp(log(sigma)): theirs falls to 998.
      const cut = row.solver === 'dpmpp-2m' && row.options.use_exponential_sigmas === true
      ours.forEach((t, i) => {
        if (i === 0 && cut) expect([999, 998]).toContain(t)
        else expect(t).toBeCloseTo(theirs[i]!, 2)
      })
    })

    test('levels', () => {
      const theirs =
        row.sigmas === undefined
          ? distinct(row.alphas_cumprod!).map(bar => Math.sqrt((1 - bar) / bar))
          : distinct(row.sigmas)
      expect(theirs).toHaveLength(levels.length)
      levels.forEach((level, i) => {
        expect(Math.abs(rho(level) - theirs[i]!)).toBeLessThan(2e-6 * theirs[i]! + 1e-12)
      })
    })

    test('starting noise', () => {
      const frame = row.sigmas !== undefined && row.solver !== 'dpmpp-2m' ? levels[0]!.alpha : 1
      expect(recipe.initialScale(levels)).toBeCloseTo(row.initial * frame, 5)
    })
  },
)

const named = rows.filter(row => Object.keys(row.options).join() === 'timestep_spacing')
test.each(named.map(row => [row.solver, String(row.options.timestep_spacing), row] as const))(
  '%s with --schedule %s means the configuration with that spacing',
  (solver, spacing, row) => {
    const [one, other] = [
      chooseRecipe({ ...config, ...row.options }, { solver: { name: solver } }),
      chooseRecipe(config, { solver: { name: solver }, schedule: { name: spacing } }),
    ].map(recipe => {
      const levels = recipe.schedule.levels(row.steps, recipe.process)
      return { levels, scale: recipe.initialScale(levels) }
    })
    expect(other).toEqual(one)
  },
)

describe('fromDiffusersConfig', () => {
  test('takes the class and the options of the file', () => {
    const recipe = fromDiffusersConfig(config)
    expect([recipe.solver.name, recipe.schedule.name, recipe.prediction]).toEqual(['pndm', 'leading', 'epsilon'])
  })
  test.each([
    [{ _class_name: 'NoSuchScheduler' }, 'NoSuchScheduler'],
    [{ beta_schedule: 'cubic' }, 'beta_schedule'],
    [{ num_train_timesteps: 'many' }, 'num_train_timesteps'],
    [{ prediction_type: 'noise' }, 'prediction_type'],
    [{ _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'deis' }, 'algorithm_type'],
    [{ _class_name: 'DPMSolverMultistepScheduler', solver_order: 4 }, 'solver_order'],
    [{ _class_name: 'DPMSolverMultistepScheduler', variance_type: 'learned_range' }, 'variance_type'],
    [
      { _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'sde-dpmsolver', solver_order: 3 },
      'algorithm_type: sde-dpmsolver has solver_order 1 or 2',
    ],
    [{ _class_name: 'SASolverScheduler', tau_func: 'f' }, 'tau_func'],
    [{ _class_name: 'SASolverScheduler', algorithm_type: 'dpmsolver++' }, 'algorithm_type: must be one of'],
    [
      { _class_name: 'DPMSolverSinglestepScheduler', algorithm_type: 'sde-dpmsolver' },
      'algorithm_type: must be one of',
    ],
    [{ _class_name: 'DPMSolverMultistepScheduler', solver_type: 'ralston' }, 'solver_type: must be one of'],
    [{ _class_name: 'UniPCMultistepScheduler', solver_type: 'bh3' }, 'solver_type: must be one of'],
    [{ _class_name: 'UniPCMultistepScheduler', prediction_type: 'flow_prediction' }, 'use_flow_sigmas'],
    [
      { _class_name: 'UniPCMultistepScheduler', use_flow_sigmas: true, use_exponential_sigmas: true },
      'use_flow_sigmas: is supported without other sigmas (exponential)',
    ],
    [{ _class_name: 'FlowMatchEulerDiscreteScheduler', use_dynamic_shifting: true }, 'use_dynamic_shifting'],
    [{ _class_name: 'FlowMatchEulerDiscreteScheduler', invert_sigmas: true }, 'invert_sigmas'],
    [{ _class_name: 'EDMEulerScheduler', sigma_min: 90 }, 'sigma_min'],
    [{ _class_name: 'DDPMScheduler', variance_type: 'learned' }, 'variance_type'],
    [{ _class_name: 'DDIMScheduler', clip_sample_range: 0 }, 'clip_sample_range'],
    [{ _class_name: 'DDIMScheduler', dynamic_thresholding_ratio: 2 }, 'dynamic_thresholding_ratio'],
    [{ _class_name: 'DDIMScheduler', sample_max_value: -1 }, 'sample_max_value'],
  ])('names what it does not support: %o', (change, name) => {
    expect(() => fromDiffusersConfig({ ...config, ...change })).toThrow(name)
  })
  test('ignores options that the class does not have', () => {
    expect(fromDiffusersConfig({ ...config, solver_order: 3 }).solver.name).toBe('pndm')
  })
  test('reads trained betas', () => {
    const betas = [0.1, 0.2, 0.3, 0.4]
    const { process } = fromDiffusersConfig({ ...config, num_train_timesteps: 4, trained_betas: betas })
    expect(process.level(3).alpha ** 2).toBeCloseTo(0.9 * 0.8 * 0.7 * 0.6, 6)
  })
  test('suggests the nearest name', () => {
    expect(() => chooseRecipe(config, { solver: { name: 'eular' } })).toThrow('did you mean euler')
    expect(() => chooseRecipe(config, { schedule: { name: 'karas' } })).toThrow('did you mean karras')
    expect(() => chooseRecipe(config, { solver: { name: 'ddim', options: { eat: '1' } } })).toThrow('did you mean eta')
    expect(() => chooseRecipe(config, { schedule: { name: 'karras', options: { rho: 'x' } } })).toThrow('number')
  })
})
