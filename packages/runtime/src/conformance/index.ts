import { deviceCases } from './device-cases.ts'
import { errorCases } from './error-cases.ts'
import { lifeCases } from './life-cases.ts'
import { opsCases } from './ops-cases.ts'
import { runCases } from './run-cases.ts'
import type { Case, Subject } from './subject.ts'

export type { Case, Subject } from './subject.ts'

/**
 * The tests that every runtime must pass, for any test framework or none. A test that fails rejects with the reason.
 *
 *     test.each(conformance({ make: () => nodeRuntime(), keeps: false }))('$name', ({ run }) => run())
 */
export function conformance(subject: Subject): readonly Case[] {
  return [runCases, deviceCases, opsCases, lifeCases, errorCases].flatMap(cases => cases(subject))
}
