import { chooseRecipe } from '@fewstep/sampler/diffusers'
import { findNames, findSchedule, findSolver } from '@fewstep/sampler/names'
import { scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { adaptiveCatalogue, solverCatalogue } from '@fewstep/solvers/catalogue'
import { expect, test } from 'vitest'

// What A1111 and ComfyUI call it, and what it is: names of https://github.com/huggingface/diffusers/issues/4167.
test.each([
  ['Euler', 'euler', undefined],
  ['Euler a', 'euler-ancestral', 'a1111:Uniform'],
  ['Heun', 'heun', undefined],
  ['DPM++ 2M', 'dpmpp-2m', 'a1111:Karras'],
  ['DPM++ 2M Karras', 'dpmpp-2m', 'a1111:Karras'],
  ['dpm++ 2m exponential', 'dpmpp-2m', 'a1111:Exponential'],
  ['DPM++ 2M SGM Uniform', 'dpmpp-2m', 'a1111:SGM Uniform'],
  ['DDIM', 'ddim', undefined],
  ['PLMS', 'pndm', 'a1111:timesteps of DDIM'],
  ['DPM++ 2M SDE Karras', 'dpmpp-2m-sde', 'a1111:Karras'],
  ['DPM++ 2M SDE Heun', 'dpmpp-2m-sde', 'a1111:Exponential'],
  ['DPM++ 3M SDE Exponential', 'dpmpp-3m-sde', 'a1111:Exponential'],
  ['DPM++ SDE Karras', 'dpmpp-sde', 'a1111:Karras'],
  ['DPM++ 2S a Karras', 'dpmpp-2s-ancestral', 'a1111:Karras'],
  ['DPM2 Karras', 'dpm-2', 'a1111:Karras'],
  ['DPM2 a', 'dpm-2-ancestral', 'a1111:Karras'],
  ['DPM fast', 'dpm-fast', 'a1111:Uniform'],
  ['LMS Karras', 'lms', 'a1111:Karras'],
  ['a1111:UniPC', 'unipc-3', 'a1111:times of UniPC'],
  ['LCM', 'lcm', undefined],
  ['uni_pc', 'unipc-3', 'comfyui:normal'],
  ['dpmpp_2m_sde_gpu', 'dpmpp-2m-sde', 'comfyui:normal'],
  ['euler_cfg_pp', 'euler-cfg-pp', 'comfyui:normal'],
  ['res_multistep', 'res-multistep', 'comfyui:normal'],
  ['res_multistep_ancestral', 'res-multistep', 'comfyui:normal'],
  ['sa_solver_pece', 'sa-solver', 'comfyui:normal'],
  ['DDIM CFG++', 'euler-cfg-pp', 'a1111:timesteps of DDIM'],
  ['DPM++ 2M Beta', 'dpmpp-2m', 'a1111:Beta'],
  ['DPM++ 2M Align Your Steps GITS', 'dpmpp-2m', 'a1111:Align Your Steps GITS'],
  ['DPM++ 2M Uniform', 'dpmpp-2m', 'a1111:Uniform'],
  ['Euler Align Your Steps 32', 'euler', 'a1111:Align Your Steps 32'],
  ['a1111:Euler', 'euler', 'a1111:Uniform'],
  ['comfyui:ddim', 'ddim', 'comfyui:normal'],
  ['diffusers:ddim', 'ddim', undefined],
  ['dpmpp_2m', 'dpmpp-2m', 'comfyui:normal'],
  ['sample_dpmpp_2m', 'dpmpp-2m', 'k-diffusion:get_sigmas'],
  ['k_euler_ancestral', 'euler-ancestral', 'comfyui:normal'],
  ['euler-ancestral', 'euler-ancestral', undefined],
  ['EulerAncestralDiscreteScheduler', 'euler-ancestral', undefined],
])('%s is %s with %s', (name, solver, schedule) => {
  const found = findSolver(name)
  const { schedule: own } = found
  expect([found.solver.name, own && `${own.program}:${own.name}`]).toEqual([solver, schedule])
  // The answer is a choice that is understood.
  expect(chooseRecipe({ _class_name: 'DDIMScheduler' }, found).solver.name).toBe(solver)
})

test('a program that runs k-diffusion keeps the second order to the end', () => {
  expect(findSolver('DPM++ 2M').solver.options).toEqual({ lowerOrderFinal: false })
  expect(findSolver('dpmpp-2m').solver.options).toBeUndefined()
  expect(findSolver('DPMSolverMultistepScheduler').solver.options).toBeUndefined()
})

test('a variant in the name is an option', () => {
  expect(findSolver('DPM++ 2M SDE Heun').solver.options).toEqual({ lowerOrderFinal: false, solverType: 'heun' })
  expect(findSolver('uni_pc').solver.options).toMatchObject({ variant: 'bh1' })
})

// Defaults of comfy/extra_samplers/uni_pc.py, comfy/k_diffusion/sampling.py and A1111's settings.
test.each([
  ['uni_pc', { variant: 'bh1', lowerOrderFinal: true }],
  ['uni_pc_bh2', { lowerOrderFinal: true }],
  ['a1111:UniPC', { variant: 'bh1', lowerOrderFinal: true }],
  ['deis', { variant: 't', lowerOrderFinal: false }],
  ['sa_solver', { predictorOrder: 3, correctorOrder: 4, simple: false, lowerOrderFinal: true }],
  [
    'sa_solver_pece',
    { predictorOrder: 3, correctorOrder: 4, simple: false, lowerOrderFinal: true, evaluateAgain: true },
  ],
  ['res_multistep_ancestral', { eta: 1 }],
])('%s has the options that the program runs it with', (name, options) => {
  expect(findSolver(name).solver.options).toEqual(options)
})

test('adaptive methods have a name, and no plan', () => {
  const found = findSolver('DPM adaptive')
  expect(found.solver.name).toBe('dpm-adaptive')
  expect(() => chooseRecipe({ _class_name: 'DDIMScheduler' }, found)).toThrow('runAdaptive')
})

const prefixes = { diffusers: 'diffusers', kDiffusion: 'k-diffusion', comfyUi: 'comfyui', a1111: 'a1111' } as const

test('every alias of the catalogues is found', () => {
  const rows = [...solverCatalogue, ...adaptiveCatalogue]
  for (const { name, aliases } of rows) {
    for (const [program, alias] of Object.entries(aliases)) {
      const found = findSolver(`${prefixes[program as keyof typeof prefixes]}:${alias}`).solver
      const named = rows.find(row => row.name === found.name)!
      expect(named.name === name || Object.values(named.aliases).includes(alias), alias).toBe(true)
    }
  }
  for (const { name, aliases } of scheduleCatalogue) {
    expect(findSchedule(name).name).toBe(name)
    for (const alias of aliases) expect(() => findSchedule(alias)).not.toThrow()
  }
})

test("a schedule by name is the catalogue's where it has one, whatever the capitals, else a program's", () => {
  for (const name of ['beta', 'Beta', 'BETA', 'karras', 'Karras', 'exponential', 'Exponential', 'simple', 'Simple'])
    expect(findSchedule(name)).toEqual({ name: name.toLowerCase() })
  expect(findSchedule('diffusers:beta')).toEqual({ name: 'beta' })
  expect(findSchedule('comfyui:beta')).toEqual({ name: 'beta', program: 'comfyui' })
  expect(findSchedule('a1111:beta')).toEqual({ name: 'Beta', program: 'a1111' })
  for (const name of ['normal', 'Normal']) expect(findSchedule(name)).toEqual({ name: 'normal', program: 'comfyui' })
  expect(findSchedule('sgm_uniform')).toEqual({ name: 'sgm_uniform', program: 'comfyui' })
  expect(findSchedule('SGM Uniform')).toEqual({ name: 'SGM Uniform', program: 'a1111' })
  expect(findSchedule('Automatic')).toEqual({ name: 'Uniform', program: 'a1111' })
  for (const name of ['', ' 11', ' 32', ' GITS'])
    expect(findSchedule(`Align Your Steps${name}`)).toEqual({ name: `Align Your Steps${name}`, program: 'a1111' })
})

const both = (solver: string, schedule: string) => findNames({ solver: { name: solver }, schedule: { name: schedule } })

test.each([
  // The solver's program has the schedule too.
  ['dpmpp_2m', 'beta', { name: 'beta', program: 'comfyui' }],
  ['DPM++ 2M', 'beta', { name: 'Beta', program: 'a1111' }],
  ['Euler a', 'sgm_uniform', { name: 'SGM Uniform', program: 'a1111' }],
  ['dpmpp_2m', 'diffusers:beta', { name: 'beta', program: 'comfyui' }],
  // The schedule says the program.
  ['euler', 'sgm_uniform', { name: 'sgm_uniform', program: 'comfyui' }],
  ['ddim', 'ddim_uniform', { name: 'ddim_uniform', program: 'comfyui' }],
  ['dpmpp-2m', 'normal', { name: 'normal', program: 'comfyui' }],
  ['DPM2', 'Uniform', { name: 'Uniform', program: 'a1111', options: { discardPenultimate: true } }],
  // The catalogue's schedule, by the program's conventions.
  ['dpmpp_2m', 'trailing', { name: 'trailing', program: 'comfyui' }],
  ['uni_pc', 'ays-sdxl', { name: 'ays-sdxl', program: 'comfyui', options: { discardPenultimate: true } }],
  // Names of the catalogue alone.
  ['euler', 'beta', { name: 'beta' }],
  ['Euler', 'Karras', { name: 'karras' }],
  ['DPMSolverMultistepScheduler', 'karras', { name: 'karras' }],
] as const)('%s with %s', (solver, schedule, expected) => {
  expect(both(solver, schedule).schedule).toEqual(expected)
})

test('a catalogue name with other capitals is the same name', () => {
  for (const name of ['Euler', 'Heun', 'LMS', 'DDIM', 'LCM', 'DDPM', 'UniPC'])
    expect(findSolver(name)).toEqual(findSolver(name.toLowerCase()))
})

test('options are kept beside those of the program', () => {
  expect(
    findNames({
      solver: { name: 'dpmpp_2m_sde', options: { eta: '0.5' } },
      schedule: { name: 'a1111:karras', options: { rho: '5' } },
    }),
  ).toEqual({
    solver: { name: 'dpmpp-2m-sde', options: { lowerOrderFinal: false, eta: '0.5' } },
    schedule: { name: 'Karras', program: 'a1111', options: { rho: '5' } },
  })
})

const sd = { _class_name: 'PNDMScheduler', beta_schedule: 'scaled_linear', beta_start: 0.00085, beta_end: 0.012 }
const timestepsOf = (solver: string, schedule: string, steps: number) => {
  const recipe = chooseRecipe(sd, both(solver, schedule))
  return recipe.schedule
    .levels(steps, recipe.process)
    .map(({ timestep = 0, sigma }) => (sigma === 0 ? 'end' : timestep))
}

test.each(['dpmpp_2m', 'uni_pc', 'deis', 'dpmpp_2m_sde', 'ddim', 'ipndm'])("ComfyUI's timesteps with %s", solver => {
  const normal = solver === 'uni_pc' ? [999, 749, 500, 250, 'end'] : [999, 666, 333, 0, 'end']
  expect(timestepsOf(solver, 'normal', 4)).toEqual(normal)
  const uniform = solver === 'uni_pc' ? [801, 601, 401, 201, 'end'] : [751, 501, 251, 1, 'end']
  expect(timestepsOf(solver, 'ddim_uniform', 4)).toEqual(uniform)
})

// Of modules/sd_samplers_lcm.py: 50 timesteps, ln sigma linear between them, and the network is told the nearest.
test("WebUI's LCM goes over the timesteps of distilled models", () => {
  const recipe = chooseRecipe(sd, findSolver('a1111:LCM'))
  const timesteps = recipe.schedule.levels(4, recipe.process).map(({ timestep }) => timestep)
  expect(timesteps).toEqual([999, 679, 339, 19, undefined])
})

test('combinations that are not supported are errors that name the reason', () => {
  expect(() => both('PLMS', 'Karras')).toThrow('PLMS has fixed timesteps')
  expect(() => findSolver('res_multistep_cfg_pp')).toThrow('use res_multistep or dpmpp_2m_cfg_pp instead')
  const flow = { _class_name: 'FlowMatchEulerDiscreteScheduler' }
  expect(() => chooseRecipe(flow, both('dpmpp_2m', 'normal'))).toThrow('table of betas')
  expect(() => chooseRecipe(sd, { schedule: { name: 'normal', program: 'comfyui', options: { rho: 7 } } })).toThrow(
    "no option 'rho'",
  )
})

test('an unknown name is an error that suggests a name', () => {
  expect(() => findSolver('DPM++ 2N')).toThrow('did you mean DPM++ 2M')
  expect(() => findSolver('Euler a Karas')).toThrow('Euler a Karas is unknown')
  expect(() => findSolver('dpmpp-2n')).toThrow('did you mean dpmpp-2m? (ComfyUI has dpmpp_2m')
  expect(() => findSolver('a1111:dpmpp_2n_sde')).toThrow('Stable Diffusion WebUI has no dpmpp_2n_sde')
  expect(() => findSchedule('sgm_uniforn')).toThrow('sgm_uniform')
  expect(() => findSchedule('Align Your Step')).toThrow('Align Your Steps')
  expect(() => findSchedule('karas')).toThrow('did you mean karras')
})
