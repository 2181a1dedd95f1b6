import { chooseRecipe } from '@fewstep/sampler/diffusers'
import { findSchedule, findSolver } from '@fewstep/sampler/names'
import { scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { adaptiveCatalogue, solverCatalogue } from '@fewstep/solvers/catalogue'
import { expect, test } from 'vitest'

// What A1111 and ComfyUI call it, and what it is: names of https://github.com/huggingface/diffusers/issues/4167.
test.each([
  ['Euler', 'euler', undefined],
  ['Euler a', 'euler-ancestral', undefined],
  ['Heun', 'heun', undefined],
  ['DPM++ 2M', 'dpmpp-2m', undefined],
  ['DPM++ 2M Karras', 'dpmpp-2m', 'karras'],
  ['dpm++ 2m exponential', 'dpmpp-2m', 'exponential'],
  ['DPM++ 2M SGM Uniform', 'dpmpp-2m', 'sgm-uniform'],
  ['DDIM', 'ddim', undefined],
  ['PLMS', 'pndm', undefined],
  ['DPM++ 2M SDE Karras', 'dpmpp-2m-sde', 'karras'],
  ['DPM++ 2M SDE Heun', 'dpmpp-2m-sde', undefined],
  ['DPM++ 3M SDE Exponential', 'dpmpp-3m-sde', 'exponential'],
  ['DPM++ SDE Karras', 'dpmpp-sde', 'karras'],
  ['DPM++ 2S a Karras', 'dpmpp-2s-ancestral', 'karras'],
  ['DPM2 Karras', 'dpm-2', 'karras'],
  ['DPM2 a', 'dpm-2-ancestral', undefined],
  ['DPM fast', 'dpm-fast', undefined],
  ['LMS Karras', 'lms', 'karras'],
  ['UniPC', 'unipc-3', undefined],
  ['LCM', 'lcm', undefined],
  ['uni_pc', 'unipc-3', undefined],
  ['dpmpp_2m_sde_gpu', 'dpmpp-2m-sde', undefined],
  ['euler_cfg_pp', 'euler-cfg-pp', undefined],
  ['res_multistep', 'res-multistep', undefined],
  ['res_multistep_ancestral', 'res-multistep', undefined],
  ['sa_solver_pece', 'sa-solver', undefined],
  ['DDIM CFG++', 'euler-cfg-pp', undefined],
  ['DPM++ 2M Beta', 'dpmpp-2m', 'beta-timestep'],
  ['DPM++ 2M Align Your Steps GITS', 'dpmpp-2m', 'gits'],
  ['dpmpp_2m', 'dpmpp-2m', undefined],
  ['sample_dpmpp_2m', 'dpmpp-2m', undefined],
  ['k_euler_ancestral', 'euler-ancestral', undefined],
  ['euler-ancestral', 'euler-ancestral', undefined],
  ['EulerAncestralDiscreteScheduler', 'euler-ancestral', undefined],
])('%s is %s with %s', (name, solver, schedule) => {
  const found = findSolver(name)
  expect([found.solver.name, found.schedule?.name]).toEqual([solver, schedule])
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
  ['UniPC', { variant: 'bh1', lowerOrderFinal: true }],
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

test('every alias of the catalogues is found', () => {
  const rows = [...solverCatalogue, ...adaptiveCatalogue]
  for (const { name, aliases } of rows) {
    for (const alias of Object.values(aliases)) {
      const named = rows.find(row => row.name === findSolver(alias).solver.name)!
      expect(named.name === name || Object.values(named.aliases).includes(alias), alias).toBe(true)
    }
  }
  for (const { name, aliases } of scheduleCatalogue) {
    expect(findSchedule(name).name).toBe(name)
    for (const alias of aliases) expect(() => findSchedule(alias)).not.toThrow()
  }
})

test('Align Your Steps, in the words of a menu', () => {
  expect(findSchedule('Align Your Steps')).toEqual({ name: 'ays-sd15' })
  expect(findSchedule('sgm_uniform')).toEqual({ name: 'sgm-uniform' })
  expect(findSchedule('Beta')).toEqual({ name: 'beta-timestep' })
  expect(findSchedule('Align Your Steps GITS')).toEqual({ name: 'gits' })
})

test('a name of nobody is an error that suggests one', () => {
  expect(() => findSolver('DPM++ 2N')).toThrow('did you mean DPM++ 2M')
  expect(() => findSolver('Euler a Karas')).toThrow("no program's name")
  expect(() => findSchedule('karas')).toThrow('did you mean karras')
})
