import { FewstepError } from '@fewstep/errors'

/** An explicit Runge–Kutta method: the rows of `a` below the diagonal, the first one empty, and the weights `b`. */
export type Tableau = { readonly a: readonly (readonly number[])[]; readonly b: readonly number[] }

/** The nodes `c_i = Σ_j a_ij`. */
export function nodesOf({ a }: Tableau): readonly number[] {
  return a.map(sum)
}

/**
 * The order of a tableau, up to 6: the largest for which `Φ(τ) = 1/γ(τ)` on every rooted tree with so many nodes (Butcher's
 * order conditions; Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, theorem 2.13).
 *
 * @throws TableauError unless the method is explicit and consistent, and all its evaluations lie within the step
 */
export function orderOf(tableau: Tableau): number {
  const { a, b } = tableau
  if (b.length === 0 || a.length !== b.length)
    throw new TableauError(`one row of a for each of the ${b.length} weights b`, `${a.length} rows`)
  for (const [i, row] of a.entries()) {
    if (row.length !== i)
      throw new TableauError(`${i} entries in row ${i} of a, those below the diagonal`, `${row.length}`)
    const c = sum(row)
    if (!(c >= 0 && c <= 1)) throw new TableauError(`nodes (sums of the rows of a) from 0 to 1`, `${c} in row ${i}`)
  }
  if (!(Math.abs(sum(b) - 1) < 1e-9)) throw new TableauError('weights b that sum to 1', `${sum(b)}`)
  let order = 1
  while (order < 6 && treesOf(order + 1).every(tree => Math.abs(weight(tableau, tree) - 1 / density(tree)) < 1e-9))
    order++
  return order
}

/** A rooted tree is the list of its root's subtrees. */
type Tree = readonly Tree[]

/** Every rooted tree with `size` nodes. */
function treesOf(size: number): readonly Tree[] {
  return forests(size - 1, size - 1)
}

/** Lists of trees with `size` nodes in all, the larger trees first, none of more than `largest`. */
function forests(size: number, largest: number): readonly Tree[] {
  if (size === 0) return [[]]
  return Array.from({ length: Math.min(size, largest) }, (_, i) => i + 1).flatMap(first => {
    const trees = treesOf(first)
    return trees.flatMap((tree, number) =>
      // Trees of one size come in one order only, so that no list appears twice.
      forests(size - first, first)
        .filter(rest =>
          rest.every(other => nodes(other) < first || trees.findIndex(candidate => same(candidate, other)) >= number),
        )
        .map(rest => [tree, ...rest]),
    )
  })
}

function same(left: Tree, right: Tree): boolean {
  return left.length === right.length && left.every((tree, i) => same(tree, right[i]!))
}

function nodes(tree: Tree): number {
  return 1 + sum(tree.map(nodes))
}

/** `γ`: the number of nodes times the densities of the subtrees. */
function density(tree: Tree): number {
  return tree.reduce((product, branch) => product * density(branch), nodes(tree))
}

/** `Φ = Σ_i b_i·Π (a·…)_i`. */
function weight({ a, b }: Tableau, tree: Tree): number {
  const inner = (subtree: Tree): readonly number[] => {
    const branches = subtree.map(branch => {
      const values = inner(branch)
      return a.map(row => sum(row.map((entry, j) => entry * values[j]!)))
    })
    return b.map((_, i) => branches.reduce((product, values) => product * values[i]!, 1))
  }
  const values = inner(tree)
  return sum(b.map((entry, i) => entry * values[i]!))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

export class TableauError extends FewstepError {
  override readonly name = 'Solvers.TableauError'
  override readonly kind = 'input'
  constructor(expected: string, got: string) {
    super(`rhoRk: the tableau needs ${expected}, got ${got}; see heunTableau for the form`)
  }
}
