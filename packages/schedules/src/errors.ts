export class ProcessError extends Error {
  override readonly name = 'Schedules.ProcessError'
  constructor(subject: string, expected: string, got: string) {
    super(`${subject}: expected ${expected}, got ${got}`)
  }
}

export class ScheduleError extends Error {
  override readonly name = 'Schedules.ScheduleError'
  constructor(subject: string, problem: string) {
    super(`the schedule ${subject} ${problem}`)
  }
}
