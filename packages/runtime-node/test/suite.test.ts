import type { Runtime, Session } from '@fewstep/runtime'
import { conformance } from '@fewstep/runtime/conformance'
import { nodeRuntime } from '@fewstep/runtime-node'
import { expect, test } from 'vitest'
import { subject } from './support/subject.ts'

/** Faults that are added to a correct runtime, and the test of the conformance suite that must notice each. */
const faults: readonly [fault: string, noticed: RegExp, spoil: (runtime: Runtime) => Partial<Runtime>][] = [
  ['forgets to free its graphs', /a session is disposed/, of => sessions(of, () => ({ dispose: async () => {} }))],
  [
    'does not wait for its runs',
    /disposing a session waits/,
    of => sessions(of, session => ({ dispose: async () => void session.dispose() })),
  ],
  [
    'overwrites its feeds',
    /feeds are left untouched/,
    of =>
      sessions(of, session => ({
        run: async feeds => {
          const results = await session.run(feeds)
          for (const { data } of Object.values(feeds)) data?.fill(0 as never)
          return results
        },
      })),
  ],
  [
    'does not look at the signal',
    /a signal that aborts meanwhile/,
    of => sessions(of, session => ({ run: feeds => session.run(feeds) })),
  ],
  [
    'loses the sign of weights',
    /weighted sums of 1 to 8/,
    of => ({ ops: { ...of.ops, combine: terms => of.ops.combine(terms.map(([w, x]) => [Math.abs(w), x])) } }),
  ],
  [
    'rounds float16 at every sum',
    /float16 is summed/,
    of => ({
      ops: {
        ...of.ops,
        async combine(terms) {
          let [sum] = await Promise.all([of.ops.combine(terms.slice(0, 1))])
          for (const term of terms.slice(1)) sum = await of.ops.combine([[1, sum], term])
          return sum
        },
      },
    }),
  ],
  [
    'joins in the wrong order',
    /values are joined/,
    of => ({ ops: { ...of.ops, concat: values => of.ops.concat([...values].reverse()) } }),
  ],
  [
    'keeps its memory',
    /fifty rounds/,
    of => {
      const kept: Session[] = []
      return {
        async open(model, options) {
          const [session, another] = [await of.open(model, options), await of.open(model, options)]
          kept.push(another)
          return session
        },
        usage: async () => ({ ...(await of.usage()), sessions: 0 }),
      }
    },
  ],
]

test.each(faults)('the suite notices a runtime that %s', async (_, noticed, spoil) => {
  const good = subject({ threads: 1 })
  const cases = conformance({
    ...good,
    make() {
      const runtime = nodeRuntime({ threads: 1 })
      return { ...runtime, ...spoil(runtime) }
    },
  })
  const chosen = cases.filter(({ name }) => noticed.test(name))
  expect(chosen).toHaveLength(1)
  await expect(chosen[0]!.run()).rejects.toThrow(/expected|the error should match/)
})

function sessions(of: Runtime, spoil: (session: Session) => Partial<Session>): Partial<Runtime> {
  return {
    async open(model, options) {
      const session = await of.open(model, options)
      return { ...session, ...spoil(session) }
    },
  }
}
