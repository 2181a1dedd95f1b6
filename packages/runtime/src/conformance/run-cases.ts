import { close, elements, equal, ok, refused } from './check.ts'
import { arithmetic, floats, heavy, identity, sample, types, withExternalData } from './models.ts'
import { type Case, type Subject, withRuntime } from './subject.ts'

export function runCases(subject: Subject): readonly Case[] {
  const { write } = subject
  const test = (name: string, body: Parameters<typeof withRuntime>[2]): Case => withRuntime(subject, name, body)
  return [
    test('a graph describes its inputs and outputs', async runtime => {
      const { inputs, outputs } = await runtime.open({ bytes: arithmetic() })
      const port = (name: string) => ({ name, type: 'float32', shape: ['n', 2] })
      equal(inputs, [port('a'), port('b')], 'inputs')
      equal(outputs, [port('sum'), port('product')], 'outputs')
    }),
    test('a run returns every output', async runtime => {
      const session = await runtime.open({ bytes: arithmetic() })
      const results = await session.run({ a: floats([1, 2], [3, 4]), b: floats([1, 2], [5, -6]) })
      const { sum, product } = results
      equal(Object.keys(results).sort(), ['product', 'sum'], 'names')
      equal(sum, floats([1, 2], [8, -2]), 'sum')
      equal(product, floats([1, 2], [15, -24]), 'product')
    }),
    test('a run returns only the requested outputs', async runtime => {
      const session = await runtime.open({ bytes: arithmetic() })
      const x = floats([1, 2], [3, 4])
      const results = await session.run({ a: x, b: x }, { outputs: ['product'] })
      equal(Object.keys(results), ['product'], 'names')
      equal(results.product, floats([1, 2], [9, 16]), 'product')
      await refused(
        () => session.run({ a: x, b: x }, { outputs: ['quotient'] }),
        [/quotient/, /sum, product/],
        'a name',
      )
    }),
    test('feeds are left untouched, even if they are views of a larger buffer', async runtime => {
      const session = await runtime.open({ bytes: arithmetic() })
      const whole = Float32Array.of(9, 1, 2, 9)
      const a = { type: 'float32', shape: [1, 2], data: whole.subarray(1, 3) } as const
      const { sum } = await session.run({ a, b: a })
      equal(elements(sum), Float32Array.of(2, 4), 'sum')
      equal(whole, Float32Array.of(9, 1, 2, 9), 'the buffer')
    }),
    test('the bytes of a model are left untouched, even if they are a view of a larger buffer', async runtime => {
      const bytes = arithmetic()
      const larger = new Uint8Array(bytes.length + 20).fill(7)
      larger.set(bytes, 10)
      await runtime.open({ bytes: larger.subarray(10, 10 + bytes.length) })
      equal([larger[9], larger[10], larger.length], [7, bytes[0], bytes.length + 20], 'the buffer')
    }),
    ...types.map(type =>
      test(`${type} goes in and comes out`, async runtime => {
        const session = await runtime.open({ bytes: identity(type, 1) })
        equal((await session.run({ x: sample(type, 3) })).y, sample(type, 3), type)
      }),
    ),
    test('a scalar, and a value without elements', async runtime => {
      const scalar = await runtime.open({ bytes: identity('float32', 0) })
      equal((await scalar.run({ x: floats([], [5]) })).y, floats([], [5]), 'scalar')
      const empty = await runtime.open({ bytes: identity('float32', 2) })
      equal((await empty.run({ x: floats([0, 2], []) })).y, floats([0, 2], []), 'no elements')
    }),
    test('weights can be external data given as bytes', async runtime => {
      const { model, files } = withExternalData(Float32Array.of(10, 20))
      const session = await runtime.open({ bytes: model, external: files })
      equal((await session.run({ x: floats([2], [1, 2]) })).y, floats([2], [11, 22]), 'y')
      equal(files.get('weights.bin')?.length, 8, 'the file given')
    }),
    ...(write === undefined
      ? []
      : [
          test('a file is opened by its path, with the external data beside it', async runtime => {
            const { model, files } = withExternalData(Float32Array.of(10, 20))
            const folder = await write(new Map([...files, ['model.onnx', model]]))
            const session = await runtime.open({ path: `${folder}/model.onnx` })
            equal((await session.run({ x: floats([2], [1, 2]) })).y, floats([2], [11, 22]), 'y')
          }),
        ]),
    test('many runs of two graphs at once each get their own result', async runtime => {
      const [one, two] = await Promise.all([1, 2].map(() => runtime.open({ bytes: arithmetic() })))
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 === 0 ? one! : two!).run({ a: floats([1, 2], [i, 1]), b: floats([1, 2], [2, i]) }),
        ),
      )
      answers.forEach(({ product }, i) => {
        equal(elements(product), Float32Array.of(2 * i, i), `answer ${i}`)
      })
    }),
    test('an aborted signal stops a run before it starts', async runtime => {
      const session = await runtime.open({ bytes: identity('float32', 1) })
      const signal = AbortSignal.abort(new Error('enough'))
      await refused(() => session.run({ x: floats([1], [1]) }, { signal }), [/^enough$/], 'the run')
    }),
    test('a signal that aborts meanwhile rejects the run, and the graph still works', async runtime => {
      const session = await runtime.open({ bytes: heavy(256) }, { keep: 'all' })
      const x = floats([1, 256], new Float32Array(256).fill(1))
      const control = new AbortController()
      const calls = [1, 2, 3].map(() => session.run({ x }, { signal: control.signal }))
      control.abort(new Error('enough'))
      for (const call of calls) await refused(() => call, [/^enough$/], 'the call')
      const { y } = await session.run({ x }, { signal: new AbortController().signal })
      const { data } = await runtime.ops.read(y!)
      close(data as Float32Array, new Float32Array(256).fill(256), () => 1e-3, 'the next call')
      runtime.ops.dispose(y!)
      ok((await runtime.usage()).values === 0, 'late results have been freed')
    }),
  ]
}
