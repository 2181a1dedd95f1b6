import { ChoiceError, ConfigError, chooseRecipe, scheduleNames, solverNames } from '@fewstep/sampler/diffusers'
import { ScheduleError } from '@fewstep/schedules'
import { describe, expect, test } from 'vitest'

const models: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'Stable Diffusion': {
    _class_name: 'PNDMScheduler',
    beta_start: 0.00085,
    beta_end: 0.012,
    beta_schedule: 'scaled_linear',
    skip_prk_steps: true,
    steps_offset: 1,
    clip_sample: false,
  },
  'a v model without terminal signal': {
    _class_name: 'DDIMScheduler',
    prediction_type: 'v_prediction',
    rescale_betas_zero_snr: true,
    timestep_spacing: 'trailing',
    clip_sample: false,
  },
  EDM: { _class_name: 'EDMEulerScheduler' },
  'flow matching': { _class_name: 'FlowMatchEulerDiscreteScheduler', shift: 3 },
  'Stable Audio': { _class_name: 'CosineDPMSolverMultistepScheduler' },
}

describe.each(Object.entries(models))('%s', (name, config) => {
  test.each(solverNames)('with the solver %s: finite weights at any number of steps', solver => {
    for (const steps of [1, 2, 3, 4, 10, 25]) {
      const recipe = chooseRecipe(config, { solver: { name: solver } })
      const levels = recipe.schedule.levels(steps, recipe.process)
      const plan = recipe.solver.plan(levels, recipe.process)
      expect(recipe.initialScale(levels)).toBeGreaterThan(0)
      for (const { output, evaluations } of plan.steps)
        for (const { weight } of [output, ...evaluations.map(({ input }) => input)].flat())
          expect(Number.isFinite(weight)).toBe(true)
    }
  })

  test.each(scheduleNames)('with the schedule %s: it falls, or says why not', schedule => {
    const options = schedule.startsWith('given') ? { list: schedule === 'given-sigmas' ? '10/3/1' : '0.6/0.4/0.2' } : {}
    for (const steps of schedule.startsWith('given') ? [3] : [1, 2, 3, 10]) {
      const { schedule: made, process } = chooseRecipe(config, { schedule: { name: schedule, options } })
      try {
        const ratios = made.levels(steps, process).map(({ alpha, sigma }) => sigma / alpha)
        for (const [i, ratio] of ratios.entries()) if (i > 0) expect(ratio).toBeLessThan(ratios[i - 1]!)
      } catch (error) {
        expect(error, `${name}, ${steps} steps`).toBeInstanceOf(ScheduleError)
      }
    }
  })
})

test.each([
  [null, 'the file'],
  ['PNDMScheduler', 'the file'],
  [[], '_class_name'],
  [{}, '_class_name'],
  [{ _class_name: 7 }, '_class_name'],
  [{ _class_name: 'PNDMScheduler', beta_start: '0.1' }, 'beta_start'],
  [{ _class_name: 'PNDMScheduler', num_train_timesteps: 1.5 }, 'num_train_timesteps'],
  [{ _class_name: 'DDIMScheduler', steps_offset: -1 }, 'steps_offset'],
  [{ _class_name: 'UniPCMultistepScheduler', solver_order: 'three' }, 'solver_order'],
  [{ _class_name: 'UniPCMultistepScheduler', disable_corrector: 'all' }, 'disable_corrector'],
  [{ _class_name: 'EDMEulerScheduler', sigma_min: 'small' }, 'sigma_min'],
])('a configuration that is none is an error that names what: %o', (config, subject) => {
  expect(() => chooseRecipe(config)).toThrow(ConfigError)
  expect(() => chooseRecipe(config)).toThrow(subject)
})

test('an option that a solver by name lacks is an error in the choice, but not in the configuration', () => {
  const config = { _class_name: 'DPMSolverMultistepScheduler', solver_type: 'heun', euler_at_final: true }
  expect(chooseRecipe(config, { solver: { name: 'euler' } }).solver.name).toBe('euler')
  expect(() => chooseRecipe(config, { solver: { name: 'euler', options: { eta: 1 } } })).toThrow(ChoiceError)
})

test('a solver by name has the conventions of its class, if the class supports the model', () => {
  const config = models['Stable Diffusion']!
  const named = (name: string) => {
    const recipe = chooseRecipe(config, { solver: { name } })
    const levels = recipe.schedule.levels(10, recipe.process)
    return {
      prediction: recipe.prediction,
      schedule: recipe.schedule.name,
      first: levels[0]!.timestep,
      end: levels.at(-1)!.sigma,
    }
  }
  const cleanest = chooseRecipe(config).process.level(0).sigma
  // DPM-Solver's own spacing is linspace; in noise form it ends at the cleanest level, and so does DEIS.
  expect(named('dpmpp-2m')).toMatchObject({ schedule: 'linspace', first: 999, end: 0 })
  expect(named('dpm-2m')).toMatchObject({ schedule: 'linspace', first: 999, end: cleanest })
  expect(named('deis-3')).toMatchObject({ schedule: 'linspace', first: 999, end: cleanest })
  expect(named('lcm')).toMatchObject({ schedule: 'distilled', first: 999, end: 0 })
  // iPNDM's class knows one model only, and a method without a class goes the configuration's own way.
  for (const name of ['ipndm', 'flow-heun', 'edm', 'rho-rk'])
    expect(named(name)).toMatchObject({ prediction: 'epsilon', schedule: 'leading', first: 901, end: cleanest })
})
