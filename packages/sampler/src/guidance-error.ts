import { FewstepError } from '@fewstep/errors'

/** An invalid option or input of a denoiser. */
export class GuidanceError extends FewstepError {
  override readonly name = 'Sampler.GuidanceError'
  override readonly kind = 'input'
  constructor(subject: string, expected: string, got: number | string) {
    super(`denoiser: ${subject} must be ${expected}, got ${got}`)
  }
}
