import { readFileSync } from 'node:fs'
import { model } from '@fewstep/model-emoji'
import { scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { describe, expect, test } from 'vitest'
import { planned } from '../src/plan/planned.ts'
import { laneProblem } from '../src/plan/problem.ts'
import { type Lane, modelDefault } from '../src/state/place.ts'

const config: unknown = JSON.parse(readFileSync(new URL('scheduler/scheduler_config.json', model), 'utf8'))
const lane = (change: Partial<Lane>): Lane => ({ ...modelDefault, ...change })
const givenByHand = /^given-/

describe('1,000 steps', () => {
  test.each([
    lane({ steps: 1000 }),
    ...scheduleCatalogue
      .filter(({ name }) => !givenByHand.test(name))
      .map(({ name }) => lane({ steps: 1000, schedule: name, solver: 'ddim' })),
  ])('of %j make a run, or the most that do are named', lane => {
    const problem = laneProblem(config, lane)
    if (problem === undefined) return
    const most = Number(/^1000 steps are too many: .* has room for (\d+)\./.exec(problem)?.[1])
    // One that is made for another kind of model makes no run of any length.
    if (Number.isNaN(most)) return expect(laneProblem(config, { ...lane, steps: 5 })).toBeDefined()
    expect(() => planned(config, { ...lane, steps: most })).not.toThrow()
    expect(() => planned(config, { ...lane, steps: most + 1 })).toThrow()
  })

  test('of the default schedule do not blame a choice that nobody made', () => {
    const problem = laneProblem(config, lane({ steps: 1000, solver: 'dpmpp-2m' }))
    expect(problem).toMatch(/the model's default schedule \(leading\).*or choose the schedule trailing/)
    expect(problem).not.toMatch(/offset|timestep/)
  })
})

describe('caches that cannot be together', () => {
  test.each([
    [['deepcache', 'first-block'], /deepcache and first-block both reuse the deep features.*Remove one/],
    [['easycache', 'ucache'], /easycache and ucache both replace whole evaluations/],
    [['easycache', 'taylorseer'], /easycache and taylorseer both replace whole evaluations/],
    [['taylorseer', 'spectrum'], /both replace whole evaluations/],
    [['tgate', 'tgate:gate=3'], /tgate is there twice/],
  ])('%j', (caches, words) => {
    const problem = laneProblem(config, lane({ caches }))
    expect(problem).toMatch(words)
    expect(problem).not.toMatch(/cachers|kind/i)
  })

  test.each([
    [['deepcache', 'easycache']],
    [['adaptive-guidance', 'guidance-interval']],
    [['deepcache', 'tgate', 'freeu']],
  ])('%j can', caches => {
    expect(laneProblem(config, lane({ caches }))).toBeUndefined()
  })
})
