import { EigenvalueDecomposition, Matrix } from 'ml-matrix'

/** The mean and the covariance (row by row) of features. */
export type Statistics = { readonly mean: ArrayLike<number>; readonly covariance: ArrayLike<number> }

/** Of rows of equal length; the covariance is the unbiased one. @throws Error for fewer than two rows */
export function statistics(rows: readonly ArrayLike<number>[]): Statistics {
  const width = rows[0]?.length
  if (width === undefined || rows.length < 2) throw new Error(`statistics need at least two rows, got ${rows.length}`)
  const mean = new Float64Array(width)
  for (const row of rows) for (let i = 0; i < width; i++) mean[i]! += row[i]! / rows.length
  const covariance = new Float64Array(width * width)
  for (const row of rows) {
    for (let i = 0; i < width; i++) {
      const scaled = (row[i]! - mean[i]!) / (rows.length - 1)
      for (let j = 0; j < width; j++) covariance[i * width + j]! += scaled * (row[j]! - mean[j]!)
    }
  }
  return { mean, covariance }
}

/**
 * The Fréchet distance of two normal distributions, `|μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½)` (arXiv 1706.08500, equation 6).
 * The last trace is that of `(Σ₁^½ Σ₂ Σ₁^½)^½`, whose matrices are symmetric.
 *
 * @throws Error where the widths differ or a number is not finite
 */
export function frechetDistance(a: Statistics, b: Statistics): number {
  const width = a.mean.length
  for (const { mean, covariance } of [a, b]) {
    if (mean.length !== width || covariance.length !== width * width)
      throw new Error(`both need a mean of ${width} and a covariance of ${width}×${width} numbers`)
    for (const part of [mean, covariance]) {
      if (!Array.from(part).every(Number.isFinite)) throw new Error('means and covariances must be finite')
    }
  }
  const first = square(a.covariance, width)
  const second = square(b.covariance, width)
  const root = squareRoot(first)
  const cross = eigen(root.mmul(second).mmul(root)).values.reduce((sum, value) => sum + Math.sqrt(value), 0)
  const apart = Array.from(a.mean, (value, i) => (value - b.mean[i]!) ** 2).reduce((x, y) => x + y, 0)
  // Negative values come from rounding.
  return Math.max(0, apart + first.trace() + second.trace() - 2 * cross)
}

function square(values: ArrayLike<number>, width: number): Matrix {
  return Matrix.from1DArray(width, width, Array.from(values))
}

function squareRoot(symmetric: Matrix): Matrix {
  const { values, vectors } = eigen(symmetric)
  return vectors.mmul(Matrix.diag(values.map(Math.sqrt))).mmul(vectors.transpose())
}

/** Of a matrix without negative eigenvalues but for rounding. */
function eigen(matrix: Matrix): { readonly values: readonly number[]; readonly vectors: Matrix } {
  // The mean with its transpose: a product is symmetric up to rounding only.
  const symmetric = Matrix.add(matrix, matrix.transpose()).mul(0.5)
  const found = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true })
  return { values: found.realEigenvalues.map(value => Math.max(0, value)), vectors: found.eigenvectorMatrix }
}
