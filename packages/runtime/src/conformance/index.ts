import { deviceCases } from './device-cases.ts'
import { errorCases } from './error-cases.ts'
import { lifeCases } from './life-cases.ts'
import { opsCases } from './ops-cases.ts'
import { runCases } from './run-cases.ts'
import type { Case, Subject } from './subject.ts'

export type { Case, Subject } from './subject.ts'

/**
 * What every runtime must do, as cases that any test framework, or none, can run: each rejects with what went wrong.
 *
 *     test.each(conformance({ make: () => nodeRuntime(), keeps: false }))('$name', ({ run }) => run())
 */
export function conformance(subject: Subject): readonly Case[] {
  return [runCases, deviceCases, opsCases, lifeCases, errorCases].flatMap(cases => cases(subject))
}
