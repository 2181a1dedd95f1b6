import * as cachers from '@fewstep/cachers'
import { cacherCatalogue, chooseCacher } from '@fewstep/cachers/catalogue'
import { readOptions } from '@fewstep/schedules/catalogue'
import { expect, test } from 'vitest'

/** Exported functions that do not create a cache. */
const others = [
  'cacherOf',
  'callsOf',
  'checkUntimed',
  'forecasting',
  'nonUniformSteps',
  'printTimetable',
  'shareOfWork',
  'timetable',
  'workOf',
  'workOfTimetable',
]

test('every exported cache has a row, and every row has its export', () => {
  const functions = Object.entries(cachers)
    .filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name) && !others.includes(name))
    .map(([name]) => name)
  expect(cacherCatalogue.map(({ factory }) => factory).sort()).toEqual(functions.sort())
})

test.each(cacherCatalogue.map(row => [row.name, row] as const))('%s can be created from its row', (name, row) => {
  const cacher = row.create(readOptions(row.options, {}, name))
  expect(cacher.name).toBe(name)
  expect(['deep-features', 'attention', 'reweighting'].includes(cacher.kind)).toBe(row.rewrites)
  expect(() => readOptions(row.options, { nonsense: 1 }, name)).toThrow(/no option/)
})

test('caches are chosen by name', () => {
  expect(chooseCacher({ name: 'deepcache', options: { interval: '5', branch: '2' } })).toMatchObject({ branch: 2 })
  expect(() => chooseCacher({ name: 'deepcahe' })).toThrow(/deepcahe is unknown, did you mean '?deepcache'?/)
  expect(() => chooseCacher({ name: 'tgate', options: { gate: 'x' } })).toThrow(/tgate: gate must be a whole number/)
})
