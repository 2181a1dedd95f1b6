import { versions } from 'node:process'
import { describe, expect, test } from 'vitest'
import { childEnvironment, childOptions } from '../src/child-options.ts'
import { endOf, startProblem } from '../src/problems.ts'

test.each([
  [
    ['--conditions=a', '-C', 'b', '--import', './x.js'],
    ['--conditions=a', '-C', 'b', '--import', './x.js'],
  ],
  [['--inspect', '--inspect-brk=9230', '--inspect-port', '0', '--cpu-prof', '--watch', '--test'], []],
  [['-e', 'code', '--input-type=module', '--conditions=a'], ['--conditions=a']],
  [
    ['--permission', '--allow-fs-read=*', '--allow-addons'],
    ['--permission', '--allow-fs-read=*', '--allow-addons'],
  ],
  [['--max-old-space-size=100', '--expose-gc'], []],
] as const)('of the options %j the process of the library gets %j', (given, kept) => {
  expect(childOptions(given)).toEqual(kept)
})

describe('the environment', () => {
  test('is passed on without debuggers', () => {
    const given = { PATH: '/bin', NODE_OPTIONS: ' --inspect-brk=0  --max-old-space-size=100 --inspect ' }
    expect(childEnvironment(given, versions)).toEqual({ PATH: '/bin', NODE_OPTIONS: '--max-old-space-size=100' })
    expect(childEnvironment({ NODE_OPTIONS: '--inspect' }, versions)).toEqual({})
    expect(childEnvironment({ PATH: '/bin' }, versions)).toEqual({ PATH: '/bin' })
  })

  test('makes Electron run as Node', () => {
    expect(childEnvironment({}, { ...versions, electron: '40.0.0' })).toEqual({ ELECTRON_RUN_AS_NODE: '1' })
  })
})

test.each([
  [null, 'SIGBUS', /ended by SIGBUS; open the models again/],
  [1, null, /ended by code 1; open the models again/],
  [0xc0000005, null, /ended by code 0xC0000005; open the models again/],
  [null, 'SIGKILL', /ended by SIGKILL; .*memory is short/],
] as const)('the error for an end by code %s or signal %s says what to do', (code, signal, message) => {
  expect(endOf(code, signal)).toMatch(message)
})

test('the error for a process that cannot be started says what to do', () => {
  const refused = Object.assign(new Error('Access to this API has been restricted'), { code: 'ERR_ACCESS_DENIED' })
  expect(startProblem(refused)).toMatch(/could not be started .*restricted.*--allow-child-process/)
  expect(startProblem(Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM' }))).toMatch(/ENOMEM.*memory/)
})
