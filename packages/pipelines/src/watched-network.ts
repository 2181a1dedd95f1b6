import type { HostValue, Session, Value, ValueOps } from '@fewstep/runtime'
import type { Network } from '@fewstep/sampler'
import { fitted, inputOf, outputOf } from './ports.ts'
import { timestepValue } from './timestep.ts'

/** What a U-Net takes beside image and timestep, by the names of its inputs; a row each. */
export type Condition = Readonly<Record<string, Value>>

/** A value that came out of a call beside its answer. */
export type Seen = {
  readonly call: number
  /** The number of the condition, counted from the prompt's own. */
  readonly of: number
  readonly value: string
  readonly data: Float32Array
}

/**
 * A U-Net whose inner values are outputs as a network: a call for each condition, which shows the values to `look`. It asks
 * nothing of a U-Net but inputs named `sample` and `timestep`; all others are the condition's.
 *
 * @throws ModelError where it lacks one of these
 */
export function watchedNetwork(
  session: Session,
  ops: ValueOps,
  options: { readonly name: string; readonly values: readonly string[]; readonly look: (seen: Seen) => void },
): Network<Value, Condition> {
  const { name, values, look } = options
  const sample = inputOf(session, 'sample', 'unet', name)
  const time = inputOf(session, 'timestep', 'unet', name)
  const { name: answer } = outputOf(session, 'out_sample')
  const rows = typeof sample.shape[0] === 'number' ? sample.shape[0] : 1
  return async ({ x, timestep, conditions, call }) => {
    const outputs: Value[] = []
    for (const [i, condition] of conditions.entries()) {
      const temporary = new Set<Value>()
      const own = <V extends Value>(value: V, given?: Value): V => {
        if (value !== given) temporary.add(value)
        return value
      }
      try {
        const feeds: Record<string, Value> = {}
        for (const port of session.inputs) {
          if (port === time) feeds[port.name] = await timestepValue(port, timestep, rows, ops)
          else {
            const row = port === sample ? x : condition[port.name]!
            const all = rows === 1 ? row : own(await ops.concat(Array.from({ length: rows }, () => row)))
            feeds[port.name] = own(await fitted(all, port, ops), all)
          }
        }
        const made = await session.run(feeds, { signal: call.signal, outputs: [answer, ...values] })
        for (const value of values) {
          const data = await first(own(made[value]!))
          look({ call: call.evaluation, of: conditions.length - i, value, data })
        }
        const wide = await float32(own(made[answer]!))
        outputs.push(rows === 1 ? await ops.combine([[1, wide]]) : await firstRow(wide))
      } finally {
        for (const value of temporary) ops.dispose(value)
      }

      async function float32(value: Value): Promise<Value> {
        return value.type === 'float32' ? value : own(await ops.cast(value, 'float32'))
      }
      async function firstRow(value: Value): Promise<Value> {
        const [row, ...others] = await ops.split(value, rows)
        for (const other of others) own(other)
        return row!
      }
      /** The first row's numbers, in an array of their own. */
      async function first(value: Value): Promise<Float32Array> {
        const wide = await float32(value)
        const { data }: HostValue = own(await ops.read(wide), wide)
        return (data as Float32Array).slice(0, data.length / rows)
      }
    }
    return outputs
  }
}
