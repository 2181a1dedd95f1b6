import { FewstepError } from '@fewstep/errors'
import { arrayOf } from './element-type.ts'
import type { Port, Value } from './runtime.ts'

/**
 * Checks the feeds of a run before they reach the library behind a runtime, because the library's errors say less.
 *
 * A port without dimensions is a scalar, or its shape is not in the graph; it accepts any shape.
 *
 * @param label the graph's name, for error messages
 * @throws FeedError for a missing or unknown input, and for a wrong type, shape, array or number of elements
 */
export function checkFeeds(label: string, inputs: readonly Port[], feeds: Readonly<Record<string, Value>>): void {
  for (const port of inputs) {
    const expected = `${port.type} [${port.shape}]`
    const value = feeds[port.name]
    if (value === undefined) throw new FeedError(label, `the input ${port.name} is missing; feed ${expected}`)
    const { type, shape, data } = value
    const fits =
      type === port.type &&
      (port.shape.length === 0 || shape.length === port.shape.length) &&
      port.shape.every((size, i) => typeof size === 'string' || size === shape[i])
    if (!fits) throw new FeedError(label, `the input ${port.name} must be ${expected}, got ${type} [${shape}]`)
    if (data === undefined) continue
    const array = arrayOf(type)!
    if (!(data instanceof array))
      throw new FeedError(label, `the input ${port.name} of ${type} needs a ${array.name}, got a ${kind(data)}`)
    const length = shape.reduce((a, b) => a * b, 1)
    if (length !== (data as Float32Array).length) {
      throw new FeedError(
        label,
        `the input ${port.name} of shape [${shape}] needs ${length} elements, got ${(data as Float32Array).length}`,
      )
    }
  }
  const unknown = Object.keys(feeds).find(name => !inputs.some(input => input.name === name))
  if (unknown !== undefined) {
    throw new FeedError(
      label,
      `there is no input ${unknown}; its inputs are ${inputs.map(({ name }) => name).join(', ')}`,
    )
  }
}

/** Checks the names of the outputs that a run should return. @throws FeedError for an unknown output, and for an empty list */
export function checkOutputs(label: string, outputs: readonly Port[], requested: readonly string[] | undefined): void {
  if (requested === undefined) return
  const names = outputs.map(({ name }) => name)
  const unknown = requested.find(name => !names.includes(name))
  if (unknown !== undefined)
    throw new FeedError(label, `there is no output ${unknown}; its outputs are ${names.join(', ')}`)
  if (requested.length === 0)
    throw new FeedError(label, `the list of outputs is empty; name at least one of ${names.join(', ')}`)
}

function kind(data: object): string {
  return data.constructor.name
}

/** Inputs or outputs of a run that do not fit the graph. */
export class FeedError extends FewstepError {
  override readonly name = 'Runtime.FeedError'
  override readonly kind = 'input'
  constructor(label: string, problem: string) {
    super(`${label}: ${problem}`)
  }
}
