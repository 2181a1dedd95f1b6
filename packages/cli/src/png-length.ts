import { constants, inflateSync } from 'node:zlib'
import { ArgumentError } from './exit-code.ts'

const channels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

/** Adam7: where each pass begins, and how far apart its pixels are. */
const passes: readonly (readonly [x: number, y: number, dx: number, dy: number])[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
]

/**
 * Refuses a PNG whose pixel data is shorter than its header says: pngjs reads memory that was never written there. Whatever
 * else may be wrong with a file is left to pngjs.
 *
 * @throws ArgumentError
 */
export function checkLength(bytes: Uint8Array): void {
  const chunks = chunksOf(bytes)
  const header = chunks.find(({ name }) => name === 'IHDR')?.data
  const compressed = chunks.flatMap(({ name, data }) => (name === 'IDAT' ? [data] : []))
  if (header?.length !== 13 || compressed.length === 0) return
  const expected = lengthOf(header)
  if (expected === undefined) return
  const length = inflatedLength(Buffer.concat(compressed), expected)
  if (length < expected) throw new ArgumentError(`its pixel data ends after ${length} of ${expected} bytes`)
}

type Chunk = { readonly name: string; readonly data: Buffer }

function chunksOf(bytes: Uint8Array): readonly Chunk[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const chunks: Chunk[] = []
  for (let at = 8; at + 12 <= file.length; ) {
    const end = at + 8 + file.readUInt32BE(at)
    chunks.push({ name: file.toString('latin1', at + 4, at + 8), data: file.subarray(at + 8, end) })
    at = end + 4
  }
  return chunks
}

/** Bytes of all rows, each with the byte that names its filter. */
function lengthOf(header: Buffer): number | undefined {
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const [depth, colourType, interlace] = [header[8]!, header[9]!, header[12]!]
  const samples = channels[colourType]
  if (samples === undefined) return undefined
  const rows = (w: number, h: number): number => (w === 0 ? 0 : h * (1 + Math.ceil((w * samples * depth) / 8)))
  if (interlace === 0) return rows(width, height)
  const count = (size: number, first: number, apart: number): number => Math.max(0, Math.ceil((size - first) / apart))
  return passes.reduce((sum, [x, y, dx, dy]) => sum + rows(count(width, x, dx), count(height, y, dy)), 0)
}

/** Up to the length that is expected, however much there is. */
function inflatedLength(data: Buffer, expected: number): number {
  const maxOutputLength = Math.max(1, Math.min(expected, 2 ** 31))
  try {
    return inflateSync(data, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength }).length
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return expected
    throw error
  }
}
