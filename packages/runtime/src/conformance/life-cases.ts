import { equal, ok, refused } from './check.ts'
import { kept } from './device-cases.ts'
import { arithmetic, floats, heavy, identity, lookup } from './models.ts'
import { type Case, type Subject, withRuntime } from './subject.ts'

export function lifeCases(subject: Subject): readonly Case[] {
  const { memory } = subject
  const test = (name: string, body: Parameters<typeof withRuntime>[2]): Case => withRuntime(subject, name, body)
  const x = floats([1], [1])
  return [
    test('a session is disposed once or twice and cannot be used afterwards', async runtime => {
      const session = await runtime.open({ bytes: identity('float32', 1) })
      equal((await runtime.usage()).sessions, 1, 'sessions')
      await session.dispose()
      await session.dispose()
      equal((await runtime.usage()).sessions, 0, 'sessions afterwards')
      await refused(() => session.run({ x }), [/disposed/, /open the model again/], 'a run')
    }),
    test('disposing a session waits for its runs', async runtime => {
      const session = await runtime.open({ bytes: heavy(256) })
      const running = Array.from({ length: 5 }, () => session.run({ x: floats([1, 256], new Float32Array(256)) }))
      let done = 0
      for (const run of running) run.then(() => done++)
      await session.dispose()
      equal(done, 5, 'runs that were done when the session was')
    }),
    test('disposing a runtime waits for its runs and ends everything else', async runtime => {
      const session = await runtime.open({ bytes: identity('float32', 1) })
      const value = await kept(runtime, x)
      const running = session.run({ x })
      await Promise.all([runtime.dispose(), runtime.dispose()])
      equal((await running).y, x, 'what ran')
      await refused(() => session.run({ x }), [/disposed/, /make a new/], 'a run')
      await refused(() => runtime.open({ bytes: arithmetic() }), [/disposed/, /make a new/], 'an open')
      await refused(() => runtime.usage(), [/disposed/, /make a new/], 'usage')
      await session.dispose()
      runtime.ops.dispose(value)
      await runtime.dispose()
    }),
    test('disposing a runtime does not affect another one', async runtime => {
      const other = await subject.make()
      const session = await runtime.open({ bytes: identity('float32', 1) })
      await other.dispose()
      equal((await session.run({ x })).y, x, 'the one that is left')
    }),
    test('fifty rounds of open, run and dispose leak nothing', async runtime => {
      const bytes = lookup(2 ** 20)
      const round = async (): Promise<void> => {
        const session = await runtime.open({ bytes }, { keep: 'all' })
        const { y } = await session.run({ x: { type: 'int32', shape: [1], data: Int32Array.of(12345) } })
        const twice = await runtime.ops.combine([[2, y!]])
        equal(await runtime.ops.read(twice), floats([1], [24690]), 'twice the element')
        for (const value of [y!, twice]) runtime.ops.dispose(value)
        await session.dispose()
      }
      // During the first rounds, allocators still grow.
      for (let i = 0; i < 10; i++) await round()
      const before = { ...(await runtime.usage()), memory: (await memory?.()) ?? 0 }
      for (let i = 0; i < 50; i++) await round()
      const after = { ...(await runtime.usage()), memory: (await memory?.()) ?? 0 }
      equal([after.sessions, after.values], [before.sessions, before.values], 'sessions and values')
      // The weights are 4 MB, so fifty forgotten graphs would be 200 MB.
      ok(after.memory - before.memory < 100e6, `memory grew by ${(after.memory - before.memory) / 1e6} MB, below 100`)
    }),
  ]
}
