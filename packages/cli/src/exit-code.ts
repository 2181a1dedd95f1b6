/** Errors of these kinds are the user's input: exit code 2. */
const badInput: readonly string[] = [
  'Cli.ArgumentError',
  'Cachers.CacherError',
  'Cachers.UnknownCacherError',
  'Sampler.ChoiceError',
  'Sampler.GuidanceError',
  'Sampler.NameError',
  'Pipelines.RequestError',
  'Schedules.ScheduleError',
  'Schedules.OptionError',
  'Schedules.StepsError',
  'Solvers.OptionError',
  'Solvers.LevelsError',
  'Tensor.SeedError',
]

/** 2 for bad arguments, 130 for an interruption, 1 for everything else. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof Error)) return 1
  if (error.name === 'AbortError') return 130
  return badInput.includes(error.name) ? 2 : 1
}

export class ArgumentError extends Error {
  override readonly name = 'Cli.ArgumentError'
}
