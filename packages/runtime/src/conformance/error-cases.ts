import type { Value } from '../runtime.ts'
import { equal, refused } from './check.ts'
import { arithmetic, floats, identity, inFours, ofOperator, withExternalData } from './models.ts'
import { type Case, type Subject, withRuntime } from './subject.ts'

export function errorCases(subject: Subject): readonly Case[] {
  const { write } = subject
  const test = (name: string, body: Parameters<typeof withRuntime>[2]): Case => withRuntime(subject, name, body)
  return [
    test('the error for a wrong feed names it', async runtime => {
      const session = await runtime.open({ bytes: arithmetic() })
      const a = floats([1, 2], [1, 2])
      const bad = async (b: Value | undefined, pieces: readonly RegExp[], what: string): Promise<void> =>
        refused(() => session.run(b === undefined ? { a } : { a, b }), pieces, what)
      await bad(undefined, [/b is missing/, /float32 \[n,2\]/], 'a missing input')
      await bad({ ...a, type: 'int32', data: Int32Array.of(1, 2) }, [/b must be float32/, /int32/], 'a type')
      await bad(floats([1, 3], [1, 2, 3]), [/b must be float32 \[n,2\]/, /\[1,3\]/], 'a shape')
      await bad(floats([2], [1, 2]), [/b must be float32 \[n,2\]/, /\[2\]/], 'a rank')
      await bad(floats([2, 2], [1, 2]), [/needs 4 elements/, /got 2/], 'a length')
      await bad({ ...a, data: Float64Array.of(1, 2) }, [/Float32Array/, /Float64Array/], 'an array')
      await refused(() => session.run({ a, b: a, c: a }), [/no input c/, /a, b/], 'an input too many')
      equal((await session.run({ a, b: a })).sum, floats([1, 2], [2, 4]), 'the graph afterwards')
    }),
    test('the error for bytes that are not ONNX, or cut off, says so', async runtime => {
      const bytes = arithmetic()
      const open = (given: Uint8Array) => () => runtime.open({ bytes: given })
      await refused(open(bytes.subarray(0, bytes.length - 9)), [/not a readable ONNX model/, /truncated/], 'a part')
      await refused(open(new TextEncoder().encode('<!doctype html>')), [/not a readable ONNX model/], 'a web page')
      await refused(open(new Uint8Array()), [/not a readable ONNX model/, /0 bytes/], 'nothing')
      equal((await runtime.usage()).sessions, 0, 'sessions')
      const good = await runtime.open({ bytes })
      equal(good.inputs.length, 2, 'inputs of the next model')
    }),
    test('the error for an operator that does not exist names it, with the remedy', async runtime => {
      const open = (operator: string, domain?: string) => () => runtime.open({ bytes: ofOperator(operator, domain) })
      await refused(open('Frobnicate'), [/Frobnicate/, /export the model to an opset/], 'an unknown operator')
      await refused(
        open('Frobnicate', 'some.vendor'),
        [/some\.vendor\.Frobnicate/, /ONNX's own/],
        "a vendor's operator",
      )
      await refused(
        open('GroupNorm', 'com.microsoft'),
        [/com\.microsoft\.GroupNorm/, /without that optimisation/],
        'an operator for CUDA',
      )
    }),
    test('the error for external data that is missing or cut off names the file', async runtime => {
      const { model, files } = withExternalData(Float32Array.of(1, 2, 3, 4))
      await refused(() => runtime.open({ bytes: model }), [/weights\.bin/, /missing/], 'no file')
      const short = new Map([['weights.bin', files.get('weights.bin')!.subarray(0, 9)]])
      await refused(
        () => runtime.open({ bytes: model, external: short }),
        [/weights\.bin/, /16 bytes/, /there are 9/],
        'a short file',
      )
    }),
    test('a run that fails names its graph, and the next run works', async runtime => {
      const session = await runtime.open({ bytes: inFours() })
      await refused(() => session.run({ x: floats([6], [1, 2, 3, 4, 5, 6]) }), [/a model of \d+ bytes: /], 'six')
      equal((await session.run({ x: floats([4], [1, 2, 3, 4]) })).y, floats([1, 4], [1, 2, 3, 4]), 'four')
    }),
    ...(write === undefined
      ? []
      : [
          test('the error for a file names the file', async runtime => {
            const { model } = withExternalData(Float32Array.of(1, 2))
            const folder = await write(
              new Map([
                ['part.onnx', identity('float32', 1).subarray(0, 40)],
                ['alone.onnx', model],
              ]),
            )
            const open = (path: string) => () => runtime.open({ path })
            await refused(open(`${folder}/nowhere.onnx`), [/nowhere\.onnx: no such file/], 'no file')
            await refused(open(folder), [/folder/, /give the \.onnx file/], 'a folder')
            await refused(open(`${folder}/part.onnx`), [/part\.onnx: not a readable ONNX model/], 'a part')
            await refused(open(`${folder}/alone.onnx`), [/alone\.onnx/, /weights\.bin/, /missing/], 'no weights')
          }),
        ]),
  ]
}
