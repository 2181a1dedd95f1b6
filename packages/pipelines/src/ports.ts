import type { Port, Session, Value, ValueOps } from '@fewstep/runtime'
import { ModelError } from './errors.ts'

/** @throws ModelError where a graph lacks an input */
export function inputOf(session: Session, name: string, graph: string, folder: string): Port {
  const port = session.inputs.find(input => input.name === name)
  if (port !== undefined) return port
  const names = session.inputs.map(input => input.name).join(', ')
  throw new ModelError(folder, `${graph} has no input ${name}, only ${names}`)
}

/** The output of that name, or else the first one, since exporters use different names. */
export function outputOf(session: Session, name: string): Port {
  return session.outputs.find(output => output.name === name) ?? session.outputs[0]!
}

/** Returns one result of a graph, and frees the others. */
export function only(outputs: Readonly<Record<string, Value>>, name: string, ops: ValueOps): Value {
  for (const [other, value] of Object.entries(outputs)) if (other !== name) ops.dispose(value)
  return outputs[name]!
}

/** The value in the floating-point type of a port: a new value, or the same one if it already has that type. */
export function fitted(value: Value, { type }: Port, ops: ValueOps): Value | Promise<Value> {
  return value.type === type ? value : ops.cast(value, type as 'float32' | 'float16')
}
