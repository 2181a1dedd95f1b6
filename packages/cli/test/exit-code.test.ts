import { chooseCacher } from '@fewstep/cachers/catalogue'
import { FewstepError } from '@fewstep/errors'
import { readModel } from '@fewstep/onnx-graph'
import { parseSettings } from '@fewstep/pipelines/settings'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { fromDiffusersConfig } from '@fewstep/sampler/diffusers'
import { findSolver } from '@fewstep/sampler/names'
import { karras, scaledLinear } from '@fewstep/schedules'
import { euler, pid, rhoRk } from '@fewstep/solvers'
import { cosineSquared } from '@fewstep/solvers/discrete'
import { torchGenerator } from '@fewstep/tensor'
import { expect, test } from 'vitest'
import { exitCodeOf } from '../src/exit-code.ts'
import { parseNumber } from '../src/parse.ts'

const process = scaledLinear()

test.each<[string, () => unknown]>([
  ['an option of the command line', () => parseNumber('steps', 'ten', { whole: true })],
  ['settings that are none', () => parseSettings('{}')],
  ['settings that are no JSON', () => parseSettings('{')],
  ['the name of a cache', () => chooseCacher({ name: 'deepcash' })],
  ['an option of a cache', () => chooseCacher({ name: 'deepcache', options: { interval: 0 } })],
  ['an option that a cache has not', () => chooseCacher({ name: 'deepcache', options: { intervals: 2 } })],
  ['a name of another program', () => findSolver('DPM++ 9M')],
  ['the steps of a schedule', () => karras().levels(0, process)],
  ['a process', () => scaledLinear({ trainSteps: 1 })],
  ['an option of a solver', () => euler({ churn: -1 })],
  ['an option of a step control', () => pid({ p: Number.NaN })],
  ['levels', () => euler().plan([{ alpha: 1, sigma: 0 }])],
  ['a tableau', () => rhoRk({ a: [[]], b: [2] })],
  ['an option of discrete noise', () => cosineSquared({ offset: -1 })],
  ['a seed', () => torchGenerator(0.5)],
  ['a number of threads', () => nodeRuntime({ threads: 0 })],
])('2 for what the user gave: %s', (_, act) => {
  expect(exitCodeOf(thrown(act))).toBe(2)
})

test.each<[string, () => unknown]>([
  ['a file that is no model', () => readModel(Uint8Array.of(1, 2, 3))],
  ['a scheduler configuration', () => fromDiffusersConfig({ _class_name: 'Nobody' })],
  [
    'a process that a scheduler configuration describes',
    () => fromDiffusersConfig({ _class_name: 'DDIMScheduler', num_train_timesteps: 1 }),
  ],
  [
    'a file that is missing from a folder',
    () => (directory('/nowhere') as { weights(path: string): unknown }).weights('a'),
  ],
])('1 for what the model is to blame for: %s', async (_, act) => {
  const error = await Promise.resolve()
    .then(act)
    .catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(FewstepError)
  expect(exitCodeOf(error)).toBe(1)
})

test('130 for an interruption; 1 for unexpected errors, and for errors of Node', () => {
  expect(exitCodeOf(new DOMException('stopped', 'AbortError'))).toBe(130)
  expect(exitCodeOf(new TypeError('x is undefined'))).toBe(1)
  expect(exitCodeOf(Object.assign(new Error('no entry'), { code: 'ENOENT', errno: -2 }))).toBe(1)
  expect(exitCodeOf('words')).toBe(1)
})

/** A name says nothing: another program's error may have any. */
test('an error without the marker is not an input error, for any name', () => {
  expect(exitCodeOf(Object.assign(new Error('no'), { name: 'Pipelines.RequestError' }))).toBe(1)
})

function thrown(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
