import * as schedules from '@fewstep/schedules'
import { edm, scaledLinear } from '@fewstep/schedules'
import { readOptions, scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { describe, expect, test } from 'vitest'

const given: Readonly<Record<string, Record<string, string>>> = {
  'given-sigmas': { list: '14/9/7/5/3/2/1/0.5/0.2/0.1' },
  'given-timesteps': { list: '999/850/736/645/545/455/343/233/124/24' },
}

describe.each(scheduleCatalogue.map(row => [row.name, row] as const))('%s', (_, row) => {
  test('its defaults make a schedule that falls to the clean end', () => {
    const levels = row
      .create(readOptions(row.options, given[row.name] ?? {}))
      .levels(10, row.name === 'ays-svd' ? edm({ sigmaMax: 700 }) : scaledLinear())
    expect(levels).toHaveLength(11)
    for (let i = 1; i < 11; i++) {
      expect(levels[i]!.sigma / levels[i]!.alpha).toBeLessThan(levels[i - 1]!.sigma / levels[i - 1]!.alpha)
    }
  })
})

test('each exported schedule and table has a row', () => {
  const tables: Record<string, string> = {
    sd15: 'ays-sd15',
    sd15Timesteps: 'ays-sd15',
    sdxl: 'ays-sdxl',
    sdxlTimesteps: 'ays-sdxl',
    deepFloyd: 'ays-deepfloyd',
    deepFloydTimesteps: 'ays-deepfloyd',
    svd: 'ays-svd',
  }
  const processes = ['scaledLinear', 'linear', 'squaredCosine', 'fromBetas', 'discrete', 'edm', 'flow']
  const others = [
    ...processes,
    'alignYourSteps',
    'betaCdf',
    'betaQuantile',
    'iddpmSigmas',
    'roundHalfEven',
    'shiftForTokens',
  ]
  const combinators = ['appendClean', 'rescale', 'split', 'startAt', 'subset', 'thinned', 'flowShift']
  const names = scheduleCatalogue.map(row => row.name)
  for (const name of Object.keys(schedules)) {
    if ([...others, ...combinators].includes(name) || name.endsWith('Error')) continue
    expect(names).toContain(tables[name] ?? name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`))
  }
})

describe('readOptions', () => {
  const { options } = scheduleCatalogue.find(row => row.name === 'karras')!
  test('reads text', () => {
    expect(readOptions(options, { rho: '5', rounding: 'nearest' })).toMatchObject({
      rho: 5,
      rounding: 'nearest',
      terminal: 'zero',
    })
  })
  test.each([
    [{ roh: '5' }, "has no option 'roh', did you mean rho?"],
    [{ rho: 'x' }, 'must be a number'],
    [{ rho: '' }, 'must be a number'],
    [{ rho: Number.NaN }, 'must be a number'],
    [{ rho: '0' }, 'must be a number of at least'],
    [{ rounding: 'maybe' }, 'must be one of none, nearest, down, snap'],
    [{ terminal: 'zeor' }, 'did you mean zero?'],
  ])('refuses %o', (given, message) => {
    expect(() => readOptions(options, given as Record<string, string>)).toThrow(message)
  })
})
