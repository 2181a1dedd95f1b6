import { denoiser, type Network } from '@fewstep/sampler'
import { type Choice, ChoiceError, ConfigError, chooseRecipe, type Recipe } from '@fewstep/sampler/diffusers'
import { describe, expect, test } from 'vitest'
import {
  differences,
  failing,
  ofRun,
  pending,
  type Reference,
  references,
  refused,
  tolerances,
} from './support/exceptions.ts'
import { answerOf, expectValues, originals, questions, type Run, recorded, startNoise } from './support/originals.ts'

type Case = {
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly given?: { readonly timesteps?: readonly number[]; readonly sigmas?: readonly number[]; readonly mu?: number }
  readonly step?: Readonly<Record<string, number>>
  readonly runs: readonly Run[]
}
const { cases, startSeed, noiseSeed } = originals<Case>('diffusers')

/** What options of `scheduler.step` are called here. */
const names: Readonly<Record<string, string>> = {
  'TCDScheduler eta': 'gamma',
  'EulerDiscreteScheduler s_churn': 'churn',
  'EulerDiscreteScheduler s_noise': 'sNoise',
  'EDMEulerScheduler s_churn': 'churn',
  'EDMEulerScheduler s_noise': 'sNoise',
}

const sigmas = [
  ['use_karras_sigmas', 'karras'],
  ['use_exponential_sigmas', 'exponential'],
  ['use_beta_sigmas', 'beta'],
] as const

const missing: string[] = []
for (const one of cases) {
  const refusal = refused.find(([name]) => name.test(one.name))
  if (refusal !== undefined) {
    test(`${one.name} is refused`, () => {
      expect(() => chooseRecipe(one.config)).toThrow(ConfigError)
      expect(() => chooseRecipe(one.config)).toThrow(refusal[1])
    })
    continue
  }
  const recipe = understood(one)
  const published = references.find(({ name }) => name.test(one.name))
  const reference = published === undefined ? undefined : understood(one, published)
  if (recipe === undefined) missing.push(one.name)
  else compare(one, reference ?? recipe)
}

test('cases that are not compared yet are listed in pending', () => {
  const named = (entry: string, name: string): boolean => name === entry || name.split(':')[0] === entry
  expect(missing.filter(name => !pending.some(entry => named(entry, name)))).toEqual([])
  expect(pending.filter(entry => !missing.some(name => named(entry, name)))).toEqual([])
})

function understood({ config, given, step = {} }: Case, published: Partial<Reference> = {}): Recipe | undefined {
  try {
    const renamed = Object.entries(step).map(([name, value]) => [names[`${config._class_name} ${name}`] ?? name, value])
    const options = { ...Object.fromEntries(renamed), ...published.options }
    const { terminal } = published
    const own = sigmas.find(([option]) => config[option] === true)
    const schedule =
      terminal === undefined || own === undefined ? scheduleOf(config, given) : { name: own[1], options: { terminal } }
    return chooseRecipe(config, {
      ...(Object.keys(options).length === 0 ? {} : { solver: { name: chooseRecipe(config).solver.name, options } }),
      ...(schedule === undefined ? {} : { schedule }),
    })
  } catch (error) {
    if (error instanceof ConfigError || error instanceof ChoiceError) return undefined
    throw error
  }
}

/** Timesteps or sigmas that were given to `set_timesteps`; those of flow models are even, and shifted by the class. */
function scheduleOf(config: Case['config'], given: Case['given']): Choice | undefined {
  if (given?.timesteps !== undefined) return { name: 'given-timesteps', options: { list: given.timesteps.join('/') } }
  if (given?.sigmas === undefined) return undefined
  if (given.sigmas[0] !== 1) return { name: 'given-sigmas', options: { list: given.sigmas.join('/') } }
  const { mu } = given
  if (mu === undefined) return { name: 'flow-uniform' }
  return { name: 'flow-uniform', options: { shift: config.time_shift_type === 'linear' ? mu : Math.exp(mu) } }
}

function compare({ name, config, runs }: Case, recipe: Recipe): void {
  describe(name, () => {
    for (const original of runs) {
      if (original.failed !== undefined) {
        test(`${original.steps} steps, where the original fails: ${original.failed}`, () =>
          expectFinite(name, config, recipe, original))
        continue
      }
      const different = ofRun(differences, name, original.steps)
      if (different === undefined) test(`${original.steps} steps`, () => expectEqual(name, config, recipe, original))
      else {
        test(`${original.steps} steps differ: the original ${different.why}`, async () => {
          await expect(expectEqual(name, config, recipe, original)).rejects.toThrow()
        })
      }
    }
  })
}

async function expectEqual(name: string, config: Case['config'], recipe: Recipe, original: Run): Promise<void> {
  const { process, prediction, schedule, solver, threshold } = recipe
  const theirs = recorded(original)
  const levels = schedule.levels(original.steps, process)
  const network: Network<Float32Array, null> = ({ x, call }) => [
    answerOf(config, x, process.level(original.timesteps[call.evaluation]!)),
  ]
  const scale = recipe.initialScale(levels)
  const got = await questions(
    solver.plan(levels, process),
    startNoise(startSeed).map(value => value * scale),
    noiseSeed,
    ops => denoiser(network, { process, prediction, condition: null, ops, threshold }),
    original.draws,
  )
  // A last level that the end repeats is left out here, and called for nothing there.
  const idle = levels.length === original.steps && config._class_name !== 'MiniMaxH3Scheduler' ? 1 : 0
  expect(got.levels.length, 'calls').toBe(original.timesteps.length - idle)
  got.levels.forEach((level, i) => {
    const told = level.timestep ?? process.timestep(level)
    const other = original.timesteps[i]!
    // Rounded down, a timestep may hang on the last bit of exp(log(sigma)).
    const exact = process.timestep(level)
    const cut = Number.isInteger(told) && Math.abs(exact - Math.round(exact)) < 2e-3 ? 1 : 0
    expect(Math.abs(told - other), `timestep ${i}: ${told} and ${other}`).toBeLessThan(cut + 2e-3)
  })
  expectValues(
    got.values,
    theirs,
    [...got.levels.map(({ alpha }) => alpha), levels.at(-1)!.alpha],
    tolerances.find(one => one.name.test(name))?.tolerance,
  )
}

/** Numbers, or an error of ours. */
async function expectFinite(name: string, config: Case['config'], recipe: Recipe, { steps }: Run): Promise<void> {
  const { process, prediction, schedule, solver, threshold } = recipe
  const refusal = failing.find(one => one.name.test(name) && one.steps === steps)
  if (refusal !== undefined) {
    expect(() => schedule.levels(steps, process)).toThrow(refusal.error)
    return
  }
  const plan = solver.plan(schedule.levels(steps, process), process)
  const draws = plan.steps.flatMap((step, number) => step.draws.map(() => number))
  const { values } = await questions(
    plan,
    startNoise(startSeed),
    noiseSeed,
    ops =>
      denoiser<Float32Array, null>(({ x, timestep }) => [answerOf(config, x, process.level(timestep))], {
        process,
        prediction,
        condition: null,
        ops,
        threshold,
      }),
    draws,
  )
  expect(values.at(-1)!.every(Number.isFinite)).toBe(true)
}
