import { expect, test } from 'vitest'
import { checkNumber, FewstepError, isFewstepError, kindOf } from '../src/index.ts'

class RatioError extends FewstepError {
  override readonly name = 'Mine.RatioError'
  override readonly kind = 'input'
}

test('an error of fewstep has its class, name, kind and message', () => {
  const error = new RatioError('the ratio must be a number from 0 to 1, got 2')
  expect(error).toBeInstanceOf(RatioError)
  expect(error).toBeInstanceOf(Error)
  expect(error.stack).toMatch(/RatioError|the ratio must be/)
  expect([isFewstepError(error), kindOf(error), String(error)]).toEqual([
    true,
    'input',
    'Mine.RatioError: the ratio must be a number from 0 to 1, got 2',
  ])
})

test('the marker holds across two copies of the package, where instanceof does not', async () => {
  const copy = (await import(`../src/fewstep-error.ts?${'copy'}`)) as typeof import('../src/fewstep-error.ts')
  const error = new RatioError('of the first copy')
  expect(copy.FewstepError).not.toBe(FewstepError)
  expect(error).not.toBeInstanceOf(copy.FewstepError)
  expect([copy.isFewstepError(error), copy.kindOf(error)]).toEqual([true, 'input'])
})

test.each<[string, unknown]>([
  ['an Error', new Error('no')],
  [
    'an error of another library with a kind',
    Object.assign(new Error('no'), { kind: 'input', name: 'Pipelines.RequestError' }),
  ],
  ['text', 'Pipelines.RequestError'],
  ['null', null],
  ['nothing', undefined],
])('%s is not an error of fewstep', (_, error) => {
  expect([isFewstepError(error), kindOf(error)]).toEqual([false, undefined])
})

const { MAX_SAFE_INTEGER: most, NaN: nan, POSITIVE_INFINITY: infinity } = Number

test.each([
  [{}, [0, -1.5, 1e300], [nan, infinity, -infinity, '1', null, undefined, 1n], 'a finite number'],
  [{ whole: true }, [0, -3, most], [0.5, most + 1, infinity, nan], 'a whole number'],
  [{ minimum: 1 }, [1, 1.5], [0.99, infinity, nan], 'a number of at least 1'],
  [{ maximum: 1 }, [1, -9], [1.01, -infinity, nan], 'a number of at most 1'],
  [{ minimum: 0, maximum: 1 }, [0, 1], [-1e-9, 1 + 1e-9], 'a number from 0 to 1'],
  [{ whole: true, minimum: 1, maximum: 1000 }, [1, 1000], [0, 1001, 1.5], 'a whole number from 1 to 1000'],
  [{ above: 0 }, [5e-324, 1e9], [0, -1, infinity, nan], 'a number above 0'],
  [{ above: 0, maximum: 1 }, [0.1, 1], [0, 1.1], 'a number above 0 and at most 1'],
  [{ minimum: 0, maximum: infinity }, [0, infinity], [-1, nan], 'a number from 0 to Infinity'],
] as const)('the range %j', (range, right, wrong, words) => {
  const refuse = (expected: string): Error => new RatioError(expected)
  for (const value of right) expect(() => checkNumber(value, range, refuse)).not.toThrow()
  for (const value of wrong) expect(() => checkNumber(value, range, refuse)).toThrow(new RatioError(words))
})
