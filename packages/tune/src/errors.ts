import { FewstepError } from '@fewstep/errors'

/** An invalid option or value. */
export class TuneError extends FewstepError {
  override readonly name = 'Tune.TuneError'
  override readonly kind = 'input'
  constructor(subject: string, expected: string, got: string) {
    super(`${subject}: expected ${expected}, got ${got}`)
  }
}
