import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lambdaStep } from '../src/lambda-step.ts'
import { boundedWeights, nodalWeights } from '../src/nodal.ts'
import { phi } from '../src/phi.ts'
import { integrate, lagrangeWeights } from '../src/quadrature.ts'

test('the quadrature is exact for polynomials of degree 31, and good for exponentials over long steps', () => {
  for (let degree = 0; degree <= 31; degree++)
    expect(integrate(u => u ** degree, 0, 2)).toBeCloseTo(2 ** (degree + 1) / (degree + 1), 4)
  for (const h of [0.01, 1, 5, 10]) expect(integrate(Math.exp, 0, h) / Math.expm1(h)).toBeCloseTo(1, 12)
})

test("Lagrange's weights integrate every polynomial below the number of nodes exactly", () => {
  const distinct = fc.uniqueArray(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(distinct, fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 6 }), (steps, factors) => {
      const nodes = steps.map(step => step / 10)
      const factor = factors.slice(0, nodes.length)
      const value = (u: number) => factor.reduce((sum, a, k) => sum + a * u ** k, 0)
      const weights = lagrangeWeights(nodes, 0.3, 1.1)
      const sum = weights.reduce((total, weight, j) => total + weight * value(nodes[j]!), 0)
      const exact = factor.reduce((total, a, k) => total + (a * (1.1 ** (k + 1) - 0.3 ** (k + 1))) / (k + 1), 0)
      const size = weights.reduce((total, weight) => total + Math.abs(weight), 1)
      expect(Math.abs(sum - exact)).toBeLessThan(1e-12 * size * 2 ** 6)
    }),
    { seed: 7 },
  )
})

test('nodal weights are those of Lagrange where the moments are integrals', () => {
  const distinct = fc.uniqueArray(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 9 })
  fc.assert(
    fc.property(distinct, steps => {
      const nodes = steps.map(step => step / 10)
      const moments = nodes.map((_, k) => integrate(u => u ** k * Math.exp(u), 0, 1))
      const wanted = lagrangeWeights(nodes, 0, 1, Math.exp)
      const size = wanted.reduce((sum, weight) => sum + Math.abs(weight), 1)
      for (const [j, weight] of nodalWeights(nodes, moments).entries())
        expect(Math.abs(weight - wanted[j]!)).toBeLessThan(1e-11 * size)
    }),
    { seed: 7 },
  )
})

test('bounded weights leave out the last nodes, until the weights are small', () => {
  const moments = (count: number) => Array.from({ length: count }, (_, k) => 1 / (k + 1))
  expect(boundedWeights([0, -1, -2], moments)).toHaveLength(3)
  expect(boundedWeights([0, -1, -1.0001], moments)).toHaveLength(2)
  expect(boundedWeights([0, -1e-5, -1e-5 - 1e-9], moments)).toEqual([1])
})

test('the exponential step is exact for a line in λ, however long the steps', () => {
  for (const [before, from, to] of [
    [-1, -0.5, -0.499],
    [-3, -1, 2],
    [-9, -2, 11],
    [-20, -9, 30],
  ] as const)
    for (const [view, sign] of [
      ['data', -1],
      ['noise', 1],
    ] as const) {
      const level = (lambda: number) => ({ alpha: Math.exp(lambda), sigma: 1 })
      const output = lambdaStep(
        level(from),
        level(to),
        [from, before].map((lambda, index) => ({ level: level(lambda), index })),
        { view },
      )
      const sum = output.slice(1).reduce((total, { slot, weight }) => {
        const at = slot.kind === 'evaluation' && slot.index === 1 ? before : from
        return total + weight * (at - from)
      }, 0)
      // ∫e^{∓(λ' − μ)}·(μ − λ) dμ, in closed form.
      const h = to - from
      const exact = sign < 0 ? Math.exp(to) * (h + Math.expm1(-h)) : -(Math.expm1(h) - h)
      expect(sum / exact).toBeCloseTo(1, h < 0.01 ? 7 : 11)
    }
})

describe('φ', () => {
  test.each([1, 2, 3, 4])('φ_%d equals its integral on both sides of 1', k => {
    const factorial = [1, 1, 2, 6][k - 1]!
    for (const z of [-6, -1.001, -0.999, -0.1, -1e-9, 0, 1e-9, 0.1, 0.999, 1.001, 6]) {
      const integral = integrate(s => (Math.exp((1 - s) * z) * s ** (k - 1)) / factorial, 0, 1)
      expect(phi(k, z) / integral).toBeCloseTo(1, 12)
    }
  })
})
