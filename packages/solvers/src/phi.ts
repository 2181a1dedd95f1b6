/**
 * The functions of exponential integrators, `φ_0(z) = e^z`, `φ_k(z) = (φ_{k−1}(z) − 1/(k−1)!)/z = ∫_0^1 e^{(1−s)z}
 * s^{k−1}/(k−1)! ds` (arXiv 2206.00927 appendix B.2). Near 0 by their series, where the recursion would cancel.
 */
export function phi(k: number, z: number): number {
  if (k === 0) return Math.exp(z)
  if (k === 1) return z === 0 ? 1 : Math.expm1(z) / z
  if (Math.abs(z) < 1) {
    let term = 1 / factorial(k)
    let total = 0
    for (let n = 1; n < 24; n++) {
      total += term
      term *= z / (k + n)
    }
    return total
  }
  return (phi(k - 1, z) - 1 / factorial(k - 1)) / z
}

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1)
}
