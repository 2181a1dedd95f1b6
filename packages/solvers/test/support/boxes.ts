/** One float64 number as a tensor, counted: what is alive must be zero at the end. */
export type Box = { readonly value: number }

export type Boxes = {
  readonly alive: Set<Box>
  make(value: number): Box
  combine(terms: readonly (readonly [weight: number, tensor: Box])[]): Box
  dispose(box: Box): void
}

export function boxes(): Boxes {
  const alive = new Set<Box>()
  const make = (value: number): Box => {
    const box = { value }
    alive.add(box)
    return box
  }
  return {
    alive,
    make,
    combine: terms => make(terms.reduce((sum, [weight, { value }]) => sum + weight * value, 0)),
    dispose: box => {
      if (!alive.delete(box)) throw new Error('disposed twice')
    },
  }
}
