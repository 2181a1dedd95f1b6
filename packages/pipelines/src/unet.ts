import type { HostValue, Port, Session, Value, ValueOps } from '@fewstep/runtime'
import type { Network } from '@fewstep/sampler'
import { ModelError } from './errors.ts'
import { fitted, inputOf, only, outputOf } from './ports.ts'

/**
 * The U-Net as a network: one call for all conditions, or as many as the batch that the graph was exported for asks for.
 * Latents go in and come out as float32, whatever the graph takes.
 *
 * @throws ModelError where the graph has other inputs than `sample`, `timestep` and `encoder_hidden_states`
 */
export function unetNetwork(unet: Session, ops: ValueOps, folder: string): Network<Value, Value> {
  const sample = inputOf(unet, 'sample', 'unet', folder)
  const time = inputOf(unet, 'timestep', 'unet', folder)
  const states = inputOf(unet, 'encoder_hidden_states', 'unet', folder)
  const known = [sample, time, states]
  for (const port of unet.inputs) {
    if (!known.includes(port)) throw new ModelError(folder, `unet asks for ${port.name}${meaning(port.name)}`)
  }
  const { name: output } = outputOf(unet, 'out_sample')
  const [fixed] = sample.shape
  return async ({ x, timestep, conditions, call: { signal } }) => {
    const rows = typeof fixed === 'number' ? fixed : conditions.length
    const outputs: Value[] = []
    for (let i = 0; i < conditions.length; i += rows) {
      outputs.push(...(await ask(x, timestep, conditions.slice(i, i + rows), rows, signal)))
    }
    return outputs
  }

  /** Fewer conditions than rows are filled up with copies of the last. */
  async function ask(
    x: Value,
    timestep: number,
    conditions: readonly Value[],
    rows: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly Value[]> {
    const temporary: Value[] = []
    const keep = (value: Value): Value => {
      temporary.push(value)
      return value
    }
    const fit = async (value: Value, port: Port): Promise<Value> => {
      const fed = await fitted(value, port, ops)
      return fed === value ? value : keep(fed)
    }
    const repeat = async (values: readonly Value[]): Promise<Value> =>
      rows === 1
        ? values[0]!
        : keep(await ops.concat(Array.from({ length: rows }, (_, i) => values[i] ?? values.at(-1)!)))
    try {
      const feeds = {
        [sample.name]: await fit(await repeat([x]), sample),
        [time.name]: await timestepValue(time, timestep, rows, ops),
        [states.name]: await fit(await repeat(conditions), states),
      }
      const made = only(await unet.run(feeds, { signal }), output, ops)
      const wide = made.type === 'float32' ? made : await ops.cast(keep(made), 'float32')
      if (rows === 1) return [wide]
      const parts = await ops.split(keep(wide), rows)
      temporary.push(...parts.slice(conditions.length))
      return parts.slice(0, conditions.length)
    } finally {
      for (const value of temporary) ops.dispose(value)
    }
  }
}

/** One number, or one for each row, as the port has it. Whole types are told the whole part. */
function timestepValue(port: Port, timestep: number, rows: number, ops: ValueOps): Value | Promise<Value> {
  const [length] = port.shape
  const shape = port.shape.length === 0 ? [] : [typeof length === 'number' ? length : rows]
  const count = shape[0] ?? 1
  const whole = Math.trunc(timestep)
  switch (port.type) {
    case 'int64':
      return { type: 'int64', shape, data: new BigInt64Array(count).fill(BigInt(whole)) }
    case 'int32':
      return { type: 'int32', shape, data: new Int32Array(count).fill(whole) }
    case 'float64':
      return { type: 'float64', shape, data: new Float64Array(count).fill(timestep) }
    default: {
      const value: HostValue = { type: 'float32', shape, data: new Float32Array(count).fill(timestep) }
      return port.type === 'float16' ? ops.cast(value, 'float16') : value
    }
  }
}

function meaning(input: string): string {
  if (input === 'text_embeds' || input === 'time_ids')
    return ', so it is that of Stable Diffusion XL, which is not supported yet'
  if (input === 'timestep_cond')
    return ', so it was distilled with guidance as an input (LCM), which is not supported yet'
  if (/^(down_block|mid_block)/.test(input)) return ', so it is made for ControlNet, which is not supported yet'
  return ', which is not supported'
}
