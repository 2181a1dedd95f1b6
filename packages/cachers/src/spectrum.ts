import type { Forecast } from './cacher.ts'
import { checkNumber, checkWhole } from './errors.ts'
import { taylorWeights } from './taylor-seer.ts'

export type SpectrumOptions = {
  /** The share of the Chebyshev fit in the forecast; the rest is the line through the latest two estimates. */
  readonly blend?: number
  /** The degree of the fit, and its ridge penalty. */
  readonly degree?: number
  readonly ridge?: number
  /** The first distance between two evaluations, and how much it grows with each evaluation. */
  readonly window?: number
  readonly growth?: number
  /** How many evaluations always run at the start, and the share of the run after which all of them run. */
  readonly warmUp?: number
  readonly stop?: number
}

/**
 * Spectrum: forecasts the estimate of x0 by a ridge regression of all earlier estimates on Chebyshev polynomials in the number
 * of the evaluation, blended with the line through the latest two. The distance between evaluations grows. The defaults are
 * those of stable-diffusion.cpp.
 *
 * @throws CacherError
 */
export function spectrum(options: SpectrumOptions = {}): Forecast {
  const { blend = 0.4, degree = 3, ridge = 1, window = 2, growth = 0.5, warmUp = 4, stop = 0.9 } = options
  checkNumber('spectrum: blend', blend, 0, 1)
  checkWhole('spectrum: degree', degree, 0)
  checkNumber('spectrum: ridge', ridge, 1e-9, 1e9)
  checkNumber('spectrum: window', window, 1, 100)
  checkNumber('spectrum: growth', growth, 0, 100)
  checkWhole('spectrum: warmUp', warmUp, 2)
  checkNumber('spectrum: stop', stop, 0, 1)
  return {
    kind: 'forecast',
    name: 'spectrum',
    history: Number.POSITIVE_INFINITY,
    forecasts(calls) {
      let distance = window
      let next = warmUp
      return calls.map((_, e) => {
        if (e < warmUp || e >= stop * calls.length) return false
        if (e < next + Math.floor(distance) - 1) return true
        next = e + 1
        distance += growth
        return false
      })
    },
    weights(nodes, at) {
      const line = taylorWeights(nodes.slice(-2), at)
      const fit = ridgeWeights(nodes, at, degree, ridge)
      return fit.map((weight, i) => blend * weight + (1 - blend) * (line[i - (nodes.length - line.length)] ?? 0))
    },
  }
}

/**
 * The weights of values at `nodes` in their ridge regression on Chebyshev polynomials, evaluated at `at`: `φ(at)ᵀ(ΦᵀΦ +
 * ridge·I)⁻¹Φᵀ`, the nodes and `at` scaled to −1…1. The constant has no penalty, so constant values are forecast exactly.
 */
function ridgeWeights(nodes: readonly number[], at: number, degree: number, ridge: number): readonly number[] {
  const first = nodes[0]!
  const basis = (node: number): readonly number[] => {
    const u = (2 * (node - first)) / (at - first) - 1
    const values = [1, u]
    for (let k = 2; k <= degree; k++) values.push(2 * u * values[k - 1]! - values[k - 2]!)
    return values.slice(0, degree + 1)
  }
  const rows = nodes.map(basis)
  const normal = basis(first).map((_, a) =>
    basis(first).map((_, b) => rows.reduce((sum, row) => sum + row[a]! * row[b]!, a === b && a > 0 ? ridge : 0)),
  )
  const solution = solve(normal, basis(at))
  return rows.map(row => row.reduce((sum, value, k) => sum + value * solution[k]!, 0))
}

/** The solution of a small symmetric system, by elimination. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): readonly number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!])
  const n = rows.length
  for (let i = 0; i < n; i++) {
    const pivot = rows.slice(i).reduce((best, row) => (Math.abs(row[i]!) > Math.abs(best[i]!) ? row : best))
    rows.splice(rows.indexOf(pivot), 1, rows[i]!)
    rows[i] = pivot
    for (let j = i + 1; j < n; j++) {
      const factor = rows[j]![i]! / pivot[i]!
      rows[j] = rows[j]!.map((value, k) => value - factor * pivot[k]!)
    }
  }
  const x = new Array<number>(n).fill(0)
  for (let i = n - 1; i >= 0; i--) {
    const rest = rows[i]!.slice(i + 1, n).reduce((sum, value, k) => sum + value * x[i + 1 + k]!, 0)
    x[i] = (rows[i]![n]! - rest) / rows[i]![i]!
  }
  return x
}
