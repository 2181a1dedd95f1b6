import { FewstepError } from '@fewstep/errors'
import type { HostValue, Value } from '../runtime.ts'

/** @throws CheckError where the two differ; arrays and objects are compared by what they hold */
export function equal(got: unknown, expected: unknown, what: string): void {
  if (text(got) !== text(expected)) throw new CheckError(`${what}: expected ${text(expected)}, got ${text(got)}`)
}

export function ok(condition: boolean, what: string): void {
  if (!condition) throw new CheckError(`${what}: it is not so`)
}

/** Every element within its own bound. */
export function close(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: (index: number) => number,
  what: string,
): void {
  equal(got.length, expected.length, `${what}, the number of elements`)
  for (let i = 0; i < expected.length; i++) {
    const off = Math.abs(got[i]! - expected[i]!)
    if (!(off <= bound(i)))
      throw new CheckError(`${what}: element ${i} is ${got[i]}, expected ${expected[i]} within ${bound(i)}`)
  }
}

/** That `made` is refused with a message that has all these pieces. */
export async function refused(made: () => unknown, pieces: readonly RegExp[], what: string): Promise<void> {
  let message: string
  try {
    await made()
  } catch (error) {
    message = error instanceof Error ? error.message : String(error)
    const missing = pieces.find(piece => !piece.test(message))
    if (missing === undefined) return
    throw new CheckError(`${what}: the error should have ${missing}, got "${message}"`)
  }
  throw new CheckError(`${what}: nothing was refused`)
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
