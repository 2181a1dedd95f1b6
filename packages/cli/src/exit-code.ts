import { FewstepError, kindOf } from '@fewstep/errors'

/** 2 for wrong arguments or input, 130 for an interruption, 1 for everything else. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Error && error.name === 'AbortError') return 130
  return kindOf(error) === 'input' ? 2 : 1
}

export class ArgumentError extends FewstepError {
  override readonly name = 'Cli.ArgumentError'
  override readonly kind = 'input'
}
