import type { HostValue, Session, Value, ValueOps } from '@fewstep/runtime'
import type { Network } from '@fewstep/sampler'
import { fitted, inputOf, outputOf } from './ports.ts'
import { timestepValue } from './timestep.ts'

/** The inputs of a U-Net other than latents and timestep, by name, with one row each. */
export type Condition = Readonly<Record<string, Value>>

/** An inner value of the model at one evaluation. */
export type Seen = {
  readonly call: number
  /** The number of the condition, counted from the prompt's. */
  readonly of: number
  readonly value: string
  readonly data: Float32Array
}

/**
 * A U-Net whose graph outputs inner values, as a `Network`. It runs once for each condition and passes the values to `look`. The
 * U-Net must have inputs named `sample` and `timestep`; all other inputs belong to the condition.
 *
 * @throws ModelError where one of these inputs is missing
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
      const freeLater = <V extends Value>(value: V, given?: Value): V => {
        if (value !== given) temporary.add(value)
        return value
      }
      try {
        const feeds: Record<string, Value> = {}
        for (const port of session.inputs) {
          if (port === time) feeds[port.name] = await timestepValue(port, timestep, rows, ops)
          else {
            const row = port === sample ? x : condition[port.name]!
            const batch = rows === 1 ? row : freeLater(await ops.concat(Array.from({ length: rows }, () => row)))
            feeds[port.name] = freeLater(await fitted(batch, port, ops), batch)
          }
        }
        const made = await session.run(feeds, { signal: call.signal, outputs: [answer, ...values] })
        for (const value of values) {
          const data = await first(freeLater(made[value]!))
          look({ call: call.evaluation, of: conditions.length - i, value, data })
        }
        const wide = await float32(freeLater(made[answer]!))
        outputs.push(rows === 1 ? await ops.combine([[1, wide]]) : await firstRow(wide))
      } finally {
        for (const value of temporary) ops.dispose(value)
      }

      async function float32(value: Value): Promise<Value> {
        return value.type === 'float32' ? value : freeLater(await ops.cast(value, 'float32'))
      }
      async function firstRow(value: Value): Promise<Value> {
        const [row, ...others] = await ops.split(value, rows)
        for (const other of others) freeLater(other)
        return row!
      }
      /** A copy of the first row's numbers. */
      async function first(value: Value): Promise<Float32Array> {
        const wide = await float32(value)
        const { data }: HostValue = freeLater(await ops.read(wide), wide)
        return (data as Float32Array).slice(0, data.length / rows)
      }
    }
    return outputs
  }
}
