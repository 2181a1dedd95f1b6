import { float32Ops } from '@fewstep/tensor'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const float = fc.double({ min: -1e3, max: 1e3, noNaN: true })

test('a weighted sum is rounded once and leaves its operands alone', () => {
  const { combine } = float32Ops()
  const terms = fc.array(fc.tuple(float, fc.array(float, { minLength: 5, maxLength: 5 })), {
    minLength: 1,
    maxLength: 8,
  })
  fc.assert(
    fc.property(terms, given => {
      const tensors = given.map(([weight, values]) => [weight, Float32Array.from(values)] as const)
      const before = tensors.map(([, tensor]) => [...tensor])
      const out = combine(tensors)
      for (let i = 0; i < out.length; i++) {
        const exact = tensors.reduce((total, [weight, tensor]) => total + weight * tensor[i]!, 0)
        expect(Math.abs(out[i]! - exact)).toBeLessThanOrEqual(Math.abs(exact) * 2 ** -24 + 1e-9)
      }
      expect(tensors.map(([, tensor]) => [...tensor])).toEqual(before)
    }),
    { seed: 7 },
  )
})

test('a disposed array is reused, once', () => {
  const ops = float32Ops()
  const gone = new Float32Array(3)
  ops.dispose(gone)
  ops.dispose(gone)
  const one = ops.combine([[1, new Float32Array([1, 2, 3])]])
  const two = ops.combine([[1, new Float32Array([4, 5, 6])]])
  expect(one).toBe(gone)
  expect(two).not.toBe(gone)
  expect([...one]).toEqual([1, 2, 3])
})

test('bad input is named', () => {
  const { combine } = float32Ops()
  expect(() => combine([])).toThrow(/at least one/)
  expect(() => combine([[Number.NaN, new Float32Array(2)]])).toThrow(/finite/)
  expect(() =>
    combine([
      [1, new Float32Array(2)],
      [1, new Float32Array(3)],
    ]),
  ).toThrow(/2 and 3 elements/)
})
