import { checkCount, type Generator, seedBits } from './generator.ts'

/**
 * Creates the numbers of `torch.randn(…, generator=torch.Generator().manual_seed(seed))` on a CPU, float32, and of `torch.rand`.
 *
 * A Mersenne twister (mt19937, Matsumoto and Nishimura 1998) is seeded with the low 32 bits. Calls for 16 or more normal numbers
 * create them in blocks of 16: eight pairs by Box–Muller from 24-bit uniforms. If 16 does not divide the count, the last 16 numbers
 * are created anew. Calls for fewer than 16 create them one by one from 53-bit uniforms, and keep the second number of each pair for
 * the next such call. Uniform numbers have 24 bits and equal torch's. Normal numbers equal torch's up to the rounding of its
 * vectorised log, sin and cos (1e-6).
 *
 * @throws SeedError for an invalid seed; the methods throw a CountError for an invalid count
 * @example torchGenerator(7).normal(4 * 16 * 16) // torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(7))
 */
export function torchGenerator(seed: number | bigint): Generator {
  const next = mersenneTwister(Number(seedBits(seed) & 0xffffffffn))
  const uniform24 = (): number => (next() & 0xffffff) * 2 ** -24
  const uniform53 = (): number => {
    const high = next()
    return ((high & 0x1fffff) * 2 ** 32 + next()) * 2 ** -53
  }
  let waiting: number | undefined
  const one = (): number => {
    if (waiting !== undefined) {
      const value = waiting
      waiting = undefined
      return value
    }
    const angle = 2 * Math.PI * uniform53()
    const radius = Math.sqrt(-2 * Math.log1p(-uniform53()))
    waiting = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
  return {
    normal(count) {
      checkCount(count)
      const out = new Float32Array(count)
      if (count < 16) {
        for (let i = 0; i < count; i++) out[i] = one()
        return out
      }
      for (let i = 0; i < count; i++) out[i] = uniform24()
      for (let i = 0; i + 16 <= count; i += 16) boxMuller16(out, i)
      if (count % 16 !== 0) {
        for (let i = count - 16; i < count; i++) out[i] = uniform24()
        boxMuller16(out, count - 16)
      }
      return out
    },
    uniform(count) {
      checkCount(count)
      return Float32Array.from({ length: count }, uniform24)
    },
  }
}

const turn = Math.fround(2 * Math.PI)

/** Eight pairs: elements j and j + 8 of a block, with each operation rounded to float32, as in torch. */
function boxMuller16(data: Float32Array, start: number): void {
  for (let j = start; j < start + 8; j++) {
    const u = Math.fround(1 - data[j]!)
    const radius = Math.fround(Math.sqrt(Math.fround(-2 * Math.fround(Math.log(u)))))
    const angle = Math.fround(turn * data[j + 8]!)
    data[j] = radius * Math.fround(Math.cos(angle))
    data[j + 8] = radius * Math.fround(Math.sin(angle))
  }
}

/** mt19937: 32 random bits for each call. */
function mersenneTwister(seed: number): () => number {
  const size = 624
  const state = new Uint32Array(size)
  state[0] = seed
  for (let i = 1; i < size; i++) {
    const previous = state[i - 1]! ^ (state[i - 1]! >>> 30)
    state[i] = Math.imul(1812433253, previous) + i
  }
  let position = size
  const refill = (): void => {
    for (let i = 0; i < size; i++) {
      const mixed = (state[i]! & 0x80000000) | (state[(i + 1) % size]! & 0x7fffffff)
      state[i] = state[(i + 397) % size]! ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0)
    }
    position = 0
  }
  return () => {
    if (position === size) refill()
    let y = state[position++]!
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    y ^= y >>> 18
    return y >>> 0
  }
}
