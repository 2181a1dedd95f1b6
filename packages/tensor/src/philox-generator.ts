import { checkCount, type Generator, seedBits } from './generator.ts'

/**
 * Creates the numbers of `torch.randn` on a CUDA device, float32, for tensors that the device fills in one pass.
 *
 * Philox 4×32-10 (Salmon et al. 2011, doi 10.1145/2063384.2063405) with the seed as key; element i of the k-th call is
 * the first of the four normals of counter (k, i). A device with fewer threads than elements takes the
 * remaining elements from the threads' other normals, which depends on the GPU: beyond about 200,000 elements the numbers differ.
 *
 * @throws SeedError for an invalid seed; the methods throw a CountError for an invalid count
 * @example philoxGenerator(0).normal(4) // torch.randn(4, device='cuda') after torch.manual_seed(0)
 */
export function philoxGenerator(seed: number | bigint): Generator {
  const bits = seedBits(seed)
  const key: readonly [number, number] = [Number(bits & 0xffffffffn), Number(bits >> 32n)]
  let call = 0
  return {
    normal(count) {
      checkCount(count)
      const out = new Float32Array(count)
      for (let i = 0; i < count; i++) {
        const [a, b] = philox4x32([call, 0, i, 0], key)
        const u = Math.fround(Math.fround(a * 2 ** -32) + 2 ** -33)
        const v = Math.fround(Math.fround(b * (2 ** -32 * 2 * Math.PI)) + 2 ** -33 * 2 * Math.PI)
        out[i] = Math.sqrt(-2 * Math.log(u)) * Math.sin(v)
      }
      call += 1
      return out
    },
    /** The high 24 bits of the first word of counter (k, i). This is not the conversion of `torch.rand`. */
    uniform(count) {
      checkCount(count)
      const out = Float32Array.from({ length: count }, (_, i) => (philox4x32([call, 0, i, 0], key)[0] >>> 8) * 2 ** -24)
      call += 1
      return out
    },
  }
}

type Four = readonly [number, number, number, number]

/** Ten rounds of Philox on four 32-bit words (Random123). */
export function philox4x32(counter: Four, key: readonly [number, number]): Four {
  let [a, b, c, d] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = multiply(0xd2511f53, a)
    const [high1, low1] = multiply(0xcd9e8d57, c)
    ;[a, b, c, d] = [(high1 ^ b ^ k0) >>> 0, low1, (high0 ^ d ^ k1) >>> 0, low0]
    k0 = (k0 + 0x9e3779b9) >>> 0
    k1 = (k1 + 0xbb67ae85) >>> 0
  }
  return [a, b, c, d]
}

/** The high and the low word of a 64-bit product. */
function multiply(x: number, y: number): readonly [number, number] {
  const [xl, xh, yl, yh] = [x & 0xffff, x >>> 16, y & 0xffff, y >>> 16]
  const middle = xh * yl + ((xl * yl) >>> 16)
  const cross = xl * yh + (middle & 0xffff)
  const high = xh * yh + Math.floor(middle / 65536) + Math.floor(cross / 65536)
  return [high >>> 0, Math.imul(x, y) >>> 0]
}
