import { checkNumber, FewstepError, type NumberRange } from '@fewstep/errors'

export class ProcessError extends FewstepError {
  override readonly name = 'Schedules.ProcessError'
  override readonly kind = 'input'
  constructor(subject: string, expected: string, got: string) {
    super(`${subject}: expected ${expected}, got ${got}`)
  }
}

export class ScheduleError extends FewstepError {
  override readonly name = 'Schedules.ScheduleError'
  override readonly kind = 'input'
  constructor(subject: string, problem: string) {
    super(`the schedule ${subject} ${problem}`)
  }
}

/** @throws ScheduleError unless an option of a schedule is in its range */
export function needsNumber(schedule: string, option: string, value: number, range: NumberRange): void {
  checkNumber(value, range, expected => new ScheduleError(schedule, `needs ${option} to be ${expected}, got ${value}`))
}
