import type { Value, ValueOps } from '@fewstep/runtime'
import type { Threshold } from '@fewstep/sampler'

/** Applies a threshold on the host to values that may be on a device. */
export function onHost(threshold: Threshold, ops: ValueOps): (value: Value) => Promise<Value> {
  return async value => {
    const host = await ops.read(value)
    const data = threshold(host.data as Float32Array)
    if (host !== value) ops.dispose(host)
    return { type: 'float32', shape: host.shape, data }
  }
}
