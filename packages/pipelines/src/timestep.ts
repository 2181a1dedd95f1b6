import type { HostValue, Port, Value, ValueOps } from '@fewstep/runtime'

/** The timestep as the port takes it: a scalar, or one number for each row. Integer types get the integer part. */
export function timestepValue(port: Port, timestep: number, rows: number, ops: ValueOps): Value | Promise<Value> {
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
