/**
 * `∫_from^to f(u) du` by Gauss–Legendre's rule with 16 points: exact for polynomials of degree 31, and with
 * rounding errors only for the exponentials of this package over a step of any usual length.
 */
export function integrate(f: (u: number) => number, from: number, to: number): number {
  const half = (to - from) / 2
  const middle = (to + from) / 2
  let total = 0
  for (const [node, weight] of legendre) total += weight * (f(middle + half * node) + f(middle - half * node))
  return half * total
}

/**
 * The weights of values at `nodes` in the integral of the polynomial through them: `w_j = ∫_from^to ℓ_j(u)·density(u) du`,
 * `ℓ_j` Lagrange's basis. Exact for polynomials below the number of nodes times the density.
 */
export function lagrangeWeights(
  nodes: readonly number[],
  from: number,
  to: number,
  density: (u: number) => number = () => 1,
): readonly number[] {
  return nodes.map((pole, j) =>
    integrate(
      u => nodes.reduce((product, node, k) => (k === j ? product : (product * (u - node)) / (pole - node)), density(u)),
      from,
      to,
    ),
  )
}

/** The positive half of the 16 nodes, and their weights: Legendre's roots by Newton's method. */
const legendre: readonly (readonly [node: number, weight: number])[] = /* @__PURE__ */ roots(16)

function roots(n: number): readonly (readonly [number, number])[] {
  return Array.from({ length: n / 2 }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5))
    let slope = 0
    for (let pass = 0; pass < 8; pass++) {
      let [previous, value] = [1, x]
      for (let k = 2; k <= n; k++) [previous, value] = [value, ((2 * k - 1) * x * value - (k - 1) * previous) / k]
      slope = (n * (x * value - previous)) / (x * x - 1)
      x -= value / slope
    }
    return [x, 2 / ((1 - x * x) * slope * slope)] as const
  })
}
