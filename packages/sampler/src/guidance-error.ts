import { FewstepError } from '@fewstep/errors'

export class GuidanceError extends FewstepError {
  override readonly name = 'Sampler.GuidanceError'
  override readonly kind = 'input'
  constructor(subject: string, expected: string, got: number) {
    super(`denoiser: ${subject} must be ${expected}, got ${got}`)
  }
}
