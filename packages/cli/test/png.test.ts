import { readFileSync } from 'node:fs'
import { deflateSync } from 'node:zlib'
import { encode } from 'fast-png'
import { describe, expect, test } from 'vitest'
import { toRgb } from '../src/png.ts'

type Reference = {
  readonly width: number
  readonly height: number
  readonly cases: readonly { readonly name: string; readonly png: string; readonly rgb: string }[]
}
const file = new URL('../../../reference/data/png-matrix.json', import.meta.url)
const { width, height, cases } = JSON.parse(readFileSync(file, 'utf8')) as Reference
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

test('every colour type, depth, interlacing and transparency is there', () => {
  expect(cases).toHaveLength(52)
})

test.each(cases)('$name: its colours on white', ({ png, rgb }) => {
  const read = toRgb(bytes(png), 'a.png')
  expect([read.width, read.height]).toEqual([width, height])
  const right = bytes(rgb)
  expect(read.data).toHaveLength(right.length)
  // Halves may be rounded either way.
  const off = [...read.data].map((value, i) => Math.abs(value - right[i]!))
  expect(Math.max(...off)).toBeLessThanOrEqual(1)
  expect(off.filter(d => d > 0).length).toBeLessThanOrEqual(right.length / 50)
})

const whole = encode({ width: 16, height: 16, channels: 3, depth: 8, data: new Uint8Array(768).map((_, i) => i * 7) })

test('a gamma chunk changes nothing', () => {
  const gamma = chunk('gAMA', Uint8Array.of(0, 0, 0x80, 0))
  const told = Buffer.concat([whole.slice(0, 33), gamma, whole.slice(33)])
  expect(toRgb(told, 'a.png')).toEqual(toRgb(whole, 'a.png'))
})

describe('a damaged file is an error with a message', () => {
  const spoiled = (at: number): Uint8Array => whole.map((value, i) => (i === at ? value ^ 255 : value))
  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['text', new TextEncoder().encode('an image')],
    ['a JPEG', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46)],
    ['the signature alone', whole.slice(0, 8)],
    ['half a header', whole.slice(0, 20)],
    ['no image data', whole.slice(0, 33)],
    ['half the image data', whole.slice(0, whole.length >> 1)],
    ['no end', whole.slice(0, -12)],
    ['a byte of the header', spoiled(20)],
    ['a byte of the image data', spoiled(60)],
    ['a checksum', spoiled(whole.length - 14)],
    ['no width', sized(0, 4)],
    ['a width beyond any memory', sized(0x7fffffff, 0x7fffffff)],
    ['an index beyond the palette', indexed()],
  ])('%s', (_, damaged) => {
    expect(() => toRgb(damaged, 'a.png')).toThrow(/--image: a\.png is not a readable PNG \(.+\)/)
  })
})

describe('pixel data', () => {
  const read = (length: number, interlace: number, colour = 2) =>
    toRgb(png({ width: 5, height: 16, colour, interlace }, [], new Uint8Array(length)), 'a.png')
  // A row is a byte for its filter and five pixels of three bytes; a pass of an interlaced image has rows of its own.
  test.each([
    [0, 16 * 16],
    [1, 2 * (1 + 3) + 2 * (1 + 3) + 2 * (1 + 6) + 4 * (1 + 3) + 4 * (1 + 9) + 8 * (1 + 6) + 8 * (1 + 15)],
  ])('that is a byte short is refused, interlaced %i', (interlace, length) => {
    expect(read(length, interlace).data).toEqual(new Uint8ClampedArray(3 * 5 * 16))
    for (const short of [length - 1, length >> 1, 1])
      expect(() => read(short, interlace)).toThrow(
        `--image: a.png is not a readable PNG (its pixel data ends after ${short} of ${length} bytes)`,
      )
  })
  test('that ends in the middle of its compressed form is refused', () => {
    const noise = Uint8Array.from({ length: 16 * 16 }, (_, i) => (i % 16 === 0 ? 0 : (i * 7919) % 251))
    const part = deflateSync(noise).subarray(0, 100)
    expect(() => toRgb(png({ width: 5, height: 16, colour: 2 }, [], part, true), 'a.png')).toThrow(
      /its pixel data ends after \d+ of 256 bytes/,
    )
  })
})

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length)
  body.copy(out, 4)
  out.writeUInt32BE(crc(body), body.length + 4)
  return out
}

function crc(data: Uint8Array): number {
  let c = 0xffffffff
  for (const byte of data) {
    c ^= byte
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  }
  return ~c >>> 0
}

type Header = { width: number; height: number; colour: number; interlace?: number }

function png(header: Header, parts: readonly Buffer[], data: Uint8Array, compressed = false) {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(header.width)
  head.writeUInt32BE(header.height, 4)
  head.set([8, header.colour, 0, 0, header.interlace ?? 0], 8)
  const idat = chunk('IDAT', compressed ? data : deflateSync(data))
  return Buffer.concat([whole.slice(0, 8), chunk('IHDR', head), ...parts, idat, chunk('IEND', new Uint8Array())])
}

function sized(width: number, height: number): Uint8Array {
  return png({ width, height, colour: 0 }, [], new Uint8Array(10))
}

function indexed(): Uint8Array {
  return png({ width: 1, height: 1, colour: 3 }, [chunk('PLTE', Uint8Array.of(1, 2, 3))], Uint8Array.of(0, 9))
}
