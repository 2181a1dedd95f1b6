import { FewstepError } from '@fewstep/errors'
import { arrayOf } from './element-type.ts'
import type { Port, Value } from './runtime.ts'

/**
 * Checks the feeds of a run before anything is asked of the library behind a runtime, whose own errors name less.
 *
 * A port without dimensions is a scalar, or one whose shape the graph does not tell: any shape passes.
 *
 * @param label the graph's name, for messages
 * @throws FeedError for a missing or unknown input, and for a wrong type, shape, array or number of elements
 */
export function checkFeeds(label: string, inputs: readonly Port[], feeds: Readonly<Record<string, Value>>): void {
  for (const port of inputs) {
    const wanted = `${port.type} [${port.shape}]`
    const value = feeds[port.name]
    if (value === undefined) throw new FeedError(label, `the input ${port.name} is missing; feed ${wanted}`)
    const { type, shape, data } = value
    const fits =
      type === port.type &&
      (port.shape.length === 0 || shape.length === port.shape.length) &&
      port.shape.every((size, i) => typeof size === 'string' || size === shape[i])
    if (!fits) throw new FeedError(label, `the input ${port.name} must be ${wanted}, got ${type} [${shape}]`)
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
  const stranger = Object.keys(feeds).find(name => !inputs.some(input => input.name === name))
  if (stranger !== undefined) {
    throw new FeedError(
      label,
      `there is no input ${stranger}; its inputs are ${inputs.map(({ name }) => name).join(', ')}`,
    )
  }
}

/** @throws FeedError where an output is asked for that the graph has not, or none is */
export function checkOutputs(label: string, outputs: readonly Port[], wanted: readonly string[] | undefined): void {
  if (wanted === undefined) return
  const names = outputs.map(({ name }) => name)
  const stranger = wanted.find(name => !names.includes(name))
  if (stranger !== undefined || wanted.length === 0)
    throw new FeedError(label, `there is no output ${stranger ?? 'asked for'}; its outputs are ${names.join(', ')}`)
}

function kind(data: object): string {
  return data.constructor.name
}

export class FeedError extends FewstepError {
  override readonly name = 'Runtime.FeedError'
  override readonly kind = 'input'
  constructor(label: string, problem: string) {
    super(`${label}: ${problem}`)
  }
}
