import { fromFloat16, toFloat16 } from '../float16.ts'
import type { HostValue, Runtime, Value } from '../runtime.ts'
import { close, equal, refused } from './check.ts'
import { kept } from './device-cases.ts'
import { floats, sample } from './models.ts'
import { type Case, type Subject, withRuntime } from './subject.ts'

/** Weights of both signs, large and small, and zero. */
const weights = [1.5, -0.7, 0, 13.1, -0.001, 1, 250.25, -1 / 3]

const half = (shape: readonly number[], numbers: Iterable<number>): HostValue => ({
  type: 'float16',
  shape,
  data: Uint16Array.from(numbers, toFloat16),
})

/** Operand `k`: some numbers of both signs. */
const numbers = (k: number): readonly number[] => Array.from({ length: 24 }, (_, i) => 3 * Math.sin(i * (k + 1) + k))

export function opsCases(subject: Subject): readonly Case[] {
  const { keeps, float16 = true } = subject
  const places = keeps ? (['host', 'device', 'both'] as const) : (['host'] as const)
  return places.flatMap(place => {
    const test = (name: string, body: Parameters<typeof withRuntime>[2]): Case =>
      withRuntime(subject, `${name} (values on ${place === 'both' ? 'both sides' : `the ${place}`})`, body)
    const put = async (runtime: Runtime, value: HostValue, k = 0): Promise<Value> =>
      place === 'host' || (place === 'both' && k % 2 === 1) ? value : kept(runtime, value)
    const halves = place === 'host' || float16
    return [
      test('weighted sums of 1 to 8 terms', async runtime => {
        const operands: Value[] = []
        for (const k of weights.keys()) operands.push(await put(runtime, floats([2, 3, 4], numbers(k)), k))
        for (let n = 1; n <= weights.length; n++) {
          const made = await runtime.ops.combine(operands.slice(0, n).map((value, k) => [weights[k]!, value]))
          equal(made.shape, [2, 3, 4], 'shape')
          const term = (i: number, k: number): number => weights[k]! * Math.fround(numbers(k)[i]!)
          const sum = (i: number, of: (term: number) => number): number =>
            weights.slice(0, n).reduce((total, _, k) => total + of(term(i, k)), 0)
          const exact = Array.from({ length: 24 }, (_, i) => sum(i, x => x))
          // The host rounds once; a device rounds every product and sum to float32.
          const bound = (i: number): number =>
            place === 'host' ? Math.abs(exact[i]!) * 2 ** -24 + 1e-12 : n * 2 ** -23 * sum(i, Math.abs)
          close((await runtime.ops.read(made)).data as Float32Array, exact, bound, `${n} terms`)
        }
        for (const [k, value] of operands.entries())
          equal(await runtime.ops.read(value), floats([2, 3, 4], numbers(k)), `operand ${k} afterwards`)
      }),
      test('sums of scalars, and of values with up to five axes', async runtime => {
        for (let rank = 0; rank <= 5; rank++) {
          const shape = Array.from({ length: rank }, () => 1)
          const made = await runtime.ops.combine([
            [2, await put(runtime, floats(shape, [3]))],
            [-1, await put(runtime, floats(shape, [1]), 1)],
          ])
          equal(await runtime.ops.read(made), floats(shape, [5]), `rank ${rank}`)
        }
      }),
      ...(halves
        ? [
            test('float16 is summed in higher precision and rounded once; with float32 the sum is float32', async runtime => {
              // 1 + 2⁻¹¹ + 2⁻¹¹ is 1 when each sum is rounded to float16.
              const [one, small] = [
                await put(runtime, half([1], [1])),
                await put(runtime, half([1], [2 ** -11]), 1),
              ] as const
              const once = await runtime.ops.combine([
                [1, one],
                [1, small],
                [1, small],
              ])
              equal(await runtime.ops.read(once), half([1], [1 + 2 ** -10]), 'of float16')
              const wide = await put(runtime, floats([1], [2 ** -20]), 1)
              const mixed = await runtime.ops.combine([
                [1, one],
                [3, wide],
              ])
              equal(await runtime.ops.read(mixed), floats([1], [1 + 3 * 2 ** -20]), 'of both')
            }),
            test('float32 is cast to float16 and back', async runtime => {
              const value = await put(runtime, floats([5], [1, -2.5, 1e-6, 65504, 1 / 3]))
              const narrow = await runtime.ops.cast(value, 'float16')
              equal(await runtime.ops.read(narrow), half([5], [1, -2.5, 1e-6, 65504, 1 / 3]), 'float16')
              const bits = half([1], [1 / 3]).data as Uint16Array
              const wide = await runtime.ops.read(await runtime.ops.cast(narrow, 'float32'))
              equal(wide.data[4], fromFloat16(bits[0]!), 'float32 again')
              equal(wide.type, 'float32', 'type')
            }),
          ]
        : [
            test('the error of a device without float16 says so', async runtime => {
              const value = await put(runtime, half([1], [1]))
              await refused(async () => runtime.ops.combine([[2, value]]), [/float16/, /float32/], 'a sum')
            }),
          ]),
      test('a cast to the same type is a copy', async runtime => {
        const value = await put(runtime, floats([2], [1, 2]))
        const copy = await runtime.ops.cast(value, 'float32')
        runtime.ops.dispose(value)
        equal(await runtime.ops.read(copy), floats([2], [1, 2]), 'copy')
      }),
      test('values are joined along their first axis, and split again', async runtime => {
        for (const count of [1, 2, 3]) {
          const parts: Value[] = []
          for (let k = 0; k < count; k++) parts.push(await put(runtime, floats([2, 3], numbers(k).slice(0, 6)), k))
          const joined = await runtime.ops.concat(parts)
          const all = parts.flatMap((_, k) => numbers(k).slice(0, 6))
          equal(await runtime.ops.read(joined), floats([2 * count, 3], all), `${count} joined`)
          const again = await runtime.ops.split(joined, count)
          equal(again.length, count, 'parts')
          for (const [k, part] of again.entries())
            equal(await runtime.ops.read(part), floats([2, 3], numbers(k).slice(0, 6)), `part ${k} of ${count}`)
        }
        const uneven = [await put(runtime, floats([1, 2], [1, 2])), await put(runtime, floats([2, 2], [3, 4, 5, 6]), 1)]
        equal(
          await runtime.ops.read(await runtime.ops.concat(uneven)),
          floats([3, 2], [1, 2, 3, 4, 5, 6]),
          'unequal rows',
        )
        const ints = await runtime.ops.concat([await put(runtime, sample('int64', 2)), sample('int64', 1)])
        equal([ints.type, ints.shape], ['int64', [3]], 'int64')
      }),
      test('the error for wrong operands names them', async runtime => {
        const { ops } = runtime
        const two = await put(runtime, floats([2], [1, 2]))
        const three = await put(runtime, floats([3], [1, 2, 3]), 1)
        const whole = await put(runtime, sample('int64', 2))
        await refused(() => ops.combine([]), [/at least one/], 'no terms')
        const unlike = () =>
          ops.combine([
            [1, two],
            [1, three],
          ])
        await refused(unlike, [/one shape/, /\[2\].*\[3\]/], 'two shapes')
        await refused(() => ops.combine([[Number.NaN, two]]), [/finite/, /NaN/], 'a weight')
        await refused(() => ops.combine([[1, whole]]), [/float32/, /int64/], 'a type')
        await refused(() => ops.concat([]), [/at least one/], 'nothing to join')
        await refused(() => ops.concat([two, whole]), [/one type/, /float32 \[2\].*int64 \[2\]/], 'two types')
        await refused(() => ops.split(three, 2), [/\[3\]/, / 2/], 'an uneven split')
        await refused(() => ops.split(three, 0), [/\[3\]/, / 0/], 'no parts')
        await refused(() => ops.cast(whole, 'float32'), [/int64/], 'a cast')
      }),
    ]
  })
}
