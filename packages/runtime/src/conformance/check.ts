import { FewstepError } from '@fewstep/errors'
import type { HostValue, Value } from '../runtime.ts'

/** @throws CheckError if the two differ; arrays and objects are compared by content */
export function equal(got: unknown, expected: unknown, label: string): void {
  if (text(got) !== text(expected)) throw new CheckError(`${label}: expected ${text(expected)}, got ${text(got)}`)
}

export function ok(condition: boolean, label: string): void {
  if (!condition) throw new CheckError(`${label}: expected to be true, got false`)
}

/** Checks that every element is within its bound. */
export function close(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: (index: number) => number,
  label: string,
): void {
  equal(got.length, expected.length, `${label}, the number of elements`)
  for (let i = 0; i < expected.length; i++) {
    const off = Math.abs(got[i]! - expected[i]!)
    if (!(off <= bound(i)))
      throw new CheckError(`${label}: element ${i} is ${got[i]}, expected ${expected[i]} within ${bound(i)}`)
  }
}

/** Checks that `attempt` fails with a message that matches all these patterns. */
export async function refused(attempt: () => unknown, pieces: readonly RegExp[], label: string): Promise<void> {
  let message: string
  try {
    await attempt()
  } catch (error) {
    message = error instanceof Error ? error.message : String(error)
    const missing = pieces.find(piece => !piece.test(message))
    if (missing === undefined) return
    throw new CheckError(`${label}: the error should match ${missing}, got "${message}"`)
  }
  throw new CheckError(`${label}: expected an error, got none`)
}

/** The elements of a value on the host. */
export function elements(value: Value | undefined): HostValue['data'] {
  if (value?.data === undefined) throw new CheckError('expected a value on the host')
  return value.data
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner === 'bigint') return `${inner}n`
    if (typeof inner === 'number' && !Number.isFinite(inner)) return String(inner)
    if (ArrayBuffer.isView(inner)) return [inner.constructor.name, ...Array.from(inner as unknown as number[])]
    return inner
  })
}

class CheckError extends FewstepError {
  override readonly name = 'Runtime.CheckError'
  override readonly kind = 'runtime'
}
