export class GuidanceError extends Error {
  override readonly name = 'Sampler.GuidanceError'
  constructor(subject: string, expected: string, got: number | string) {
    super(`denoiser: ${subject} must be ${expected}, got ${got}`)
  }
}
