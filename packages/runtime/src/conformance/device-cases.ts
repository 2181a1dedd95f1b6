import type { Runtime, Value } from '../runtime.ts'
import { equal, refused } from './check.ts'
import { arithmetic, floats, identity, sample, types } from './models.ts'
import { type Case, type Subject, withRuntime } from './subject.ts'

/** A value where the runtime stores kept outputs. */
export async function kept(runtime: Runtime, value: Value): Promise<Value> {
  const session = await runtime.open({ bytes: identity(value.type, value.shape.length) }, { keep: 'all' })
  const { y } = await session.run({ x: value })
  await session.dispose()
  return y!
}

export function deviceCases(subject: Subject): readonly Case[] {
  const { keeps } = subject
  const test = (name: string, body: Parameters<typeof withRuntime>[2]): Case => withRuntime(subject, name, body)
  return [
    test('kept outputs stay on the device and can be read', async runtime => {
      const session = await runtime.open({ bytes: arithmetic() }, { keep: 'all' })
      const { sum, product } = await session.run({ a: floats([1, 2], [3, 4]), b: floats([1, 2], [5, -6]) })
      equal(sum!.data === undefined, keeps, 'the value is on the device')
      equal([sum!.type, sum!.shape], ['float32', [1, 2]], 'type and shape')
      equal((await runtime.usage()).values, keeps ? 2 : 0, 'values on the device')
      equal(await runtime.ops.read(sum!), floats([1, 2], [8, -2]), 'sum')
      equal(await runtime.ops.read(product!), floats([1, 2], [15, -24]), 'product')
      equal(await runtime.ops.read(product!), floats([1, 2], [15, -24]), 'product, read again')
    }),
    test('outputs are kept by name; the others come to the host', async runtime => {
      const session = await runtime.open({ bytes: arithmetic() }, { keep: ['product'] })
      const { sum, product } = await session.run({ a: floats([1, 2], [3, 4]), b: floats([1, 2], [5, -6]) })
      equal([sum!.data === undefined, product!.data === undefined], [false, keeps], 'on the device')
      const unknown = () => runtime.open({ bytes: arithmetic() }, { keep: ['quotient'] })
      await refused(unknown, [/quotient/, /output/], 'an unknown output')
      equal((await runtime.usage()).sessions, 1, 'the refused graph is closed')
    }),
    test('each run returns only the requested ones of the kept outputs, with the shapes of that run', async runtime => {
      const session = await runtime.open({ bytes: arithmetic() }, { keep: 'all' })
      const rows = (n: number) =>
        floats(
          [n, 2],
          Array.from({ length: 2 * n }, (_, i) => i + n),
        )
      const requests = [['sum'], ['product', 'sum'], ['product'], ['sum']] as const
      for (const [i, outputs] of requests.entries()) {
        const n = 3 - (i % 3)
        const results = await session.run({ a: rows(n), b: rows(n) }, { outputs })
        equal(Object.keys(results).sort(), [...outputs].sort(), 'names')
        for (const [name, value] of Object.entries(results)) {
          const { data } = rows(n)
          const expected = Array.from(data as Float32Array, x => (name === 'sum' ? x + x : x * x))
          equal(await runtime.ops.read(value), floats([n, 2], expected), `${name} of ${n} rows`)
          runtime.ops.dispose(value)
        }
      }
      equal((await runtime.usage()).values, 0, 'values on the device')
    }),
    test('kept values can be fed more than once and are not changed', async runtime => {
      const session = await runtime.open({ bytes: arithmetic() }, { keep: 'all' })
      const a = await kept(runtime, floats([1, 2], [3, 4]))
      const { sum } = await session.run({ a, b: a })
      const { product } = await session.run({ a: sum!, b: floats([1, 2], [2, 10]) })
      equal(await runtime.ops.read(product!), floats([1, 2], [12, 80]), 'product')
      equal(await runtime.ops.read(a), floats([1, 2], [3, 4]), 'the value fed')
      await refused(() => session.run({ a, b: floats([1, 3], [1, 2, 3]) }), [/input b must be/], 'a wrong shape')
    }),
    ...types.map(type =>
      test(`${type} is kept, fed and read`, async runtime => {
        const value = await kept(runtime, await kept(runtime, sample(type, 4)))
        equal(await runtime.ops.read(value), sample(type, 4), type)
      }),
    ),
    ...(keeps
      ? [
          test('copies are counted, and values go from graph to graph without one', async runtime => {
            const session = await runtime.open({ bytes: arithmetic() }, { keep: 'all' })
            let { sum } = await session.run({ a: floats([1, 2], [3, 4]), b: floats([1, 2], [5, -6]) })
            for (let i = 0; i < 3; i++) sum = (await session.run({ a: sum!, b: sum! })).sum
            const before = await runtime.usage()
            equal([before.uploads, before.downloads], [2, 0], 'uploads and downloads')
            await runtime.ops.read(sum!)
            equal((await runtime.usage()).downloads, 1, 'downloads after a reading')
          }),
          test('a value can be disposed once or twice and cannot be used afterwards', async runtime => {
            const session = await runtime.open({ bytes: arithmetic() })
            const a = await kept(runtime, floats([1, 2], [3, 4]))
            // Runs that were started before still finish.
            const running = session.run({ a, b: a })
            runtime.ops.dispose(a)
            runtime.ops.dispose(a)
            equal((await running).sum, floats([1, 2], [6, 8]), 'sum')
            equal((await runtime.usage()).values, 0, 'values on the device')
            const gone = [/input a/, /disposed/]
            await refused(() => session.run({ a, b: floats([1, 2], [1, 1]) }), gone, 'a run')
            await refused(() => runtime.ops.read(a), [/disposed/], 'a reading')
            await refused(() => runtime.ops.combine([[1, a]]), [/disposed/], 'a sum')
          }),
          test('a value of another runtime is refused', async runtime => {
            const other = await subject.make()
            try {
              const a = await kept(other, floats([1, 2], [3, 4]))
              const session = await runtime.open({ bytes: arithmetic() })
              await refused(() => session.run({ a, b: a }), [/another runtime/], 'a run')
            } finally {
              await other.dispose()
            }
          }),
        ]
      : []),
  ]
}
