import type { Dim } from './known.ts'

/** Longer expressions become unknown, because a malicious graph could double them at every node. */
const longest = 80

function expression(text: string): Dim {
  return text.length > longest ? undefined : text
}

function bracketed(dim: number | string): string {
  return /^\w+(\([^()]*\))?$/.test(String(dim)) ? String(dim) : `(${dim})`
}

export function add(a: Dim, b: Dim): Dim {
  if (a === undefined || b === undefined) return undefined
  if (typeof a === 'number' && typeof b === 'number') return a + b
  if (a === 0) return b
  if (b === 0) return a
  const sum = typeof b === 'number' ? /^(\w+) ([+-]) (\d+)$/.exec(String(a)) : null
  if (sum !== null) return add(sum[1], Number(`${sum[2]}${sum[3]}`) + (b as number))
  return typeof b === 'number' && b < 0 ? expression(`${a} - ${-b}`) : expression(`${a} + ${b}`)
}

export function multiply(a: Dim, b: Dim): Dim {
  if (a === undefined || b === undefined) return undefined
  if (a === 0 || b === 0) return 0
  if (a === 1) return b
  if (b === 1) return a
  if (typeof a === 'number' && typeof b === 'number') return a * b
  const [first, second] = typeof b === 'number' ? [b, a] : [a, b]
  const factor = /^(\d+)\*(\w+|\w+\([^()]*\))$/.exec(String(second))
  if (typeof first === 'number' && factor !== null) return expression(`${first * Number(factor[1])}*${factor[2]}`)
  return expression(`${bracketed(first)}*${bracketed(second)}`)
}

/** floor((dim + offset) / divisor), for a divisor of at least 1. */
export function floorDivide(dim: Dim, offset: number, divisor: number): Dim {
  if (dim === undefined) return undefined
  if (typeof dim === 'number') return Math.floor((dim + offset) / divisor)
  if (divisor === 1) return add(dim, offset)
  if (offset === divisor - 1) {
    const nested = /^ceil\(([^()]*)\/(\d+)\)$/.exec(dim)
    if (nested !== null) return expression(`ceil(${nested[1]}/${Number(nested[2]) * divisor})`)
    return expression(`ceil(${bracketed(dim)}/${divisor})`)
  }
  const nested = /^floor\(([^()]*)\/(\d+)\)$/.exec(dim)
  if (offset === 0 && nested !== null) return expression(`floor(${nested[1]}/${Number(nested[2]) * divisor})`)
  const shifted = add(dim, offset)
  return shifted === undefined ? undefined : expression(`floor(${bracketed(shifted)}/${divisor})`)
}

/** The product of `dims` divided by that of `divisors`, if it is a whole number: the size that `-1` means in a `Reshape`. */
export function quotient(dims: readonly Dim[], divisors: readonly Dim[]): Dim {
  const left = dims.filter(dim => typeof dim !== 'number')
  let number = product(dims)
  for (const divisor of divisors) {
    if (typeof divisor === 'number') number /= divisor
    else {
      const same = divisor === undefined ? -1 : left.indexOf(divisor)
      if (same === -1) return undefined
      left.splice(same, 1)
    }
  }
  return Number.isInteger(number) ? left.reduce<Dim>((whole, dim) => multiply(whole, dim), number) : undefined
}

function product(dims: readonly Dim[]): number {
  return dims.reduce<number>((whole, dim) => (typeof dim === 'number' ? whole * dim : whole), 1)
}

/** The size that results from two sizes under ONNX's broadcasting. */
function broadcastDim(a: Dim, b: Dim): Dim {
  if (a === 1) return b
  if (b === 1) return a
  if (typeof a === 'number') return a
  if (typeof b === 'number') return b
  return a ?? b
}

/** The shape of an operation over broadcast operands. */
export function broadcast(shapes: readonly (readonly Dim[] | undefined)[]): readonly Dim[] | undefined {
  if (shapes.some(shape => shape === undefined)) return undefined
  const rank = Math.max(0, ...shapes.map(shape => shape!.length))
  return Array.from({ length: rank }, (_, axis) =>
    shapes.reduce<Dim>((dim, shape) => {
      const at = axis - rank + shape!.length
      return at < 0 ? dim : broadcastDim(dim, shape![at])
    }, 1),
  )
}
