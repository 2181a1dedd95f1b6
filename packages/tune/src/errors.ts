export class TuneError extends Error {
  override readonly name = 'Tune.TuneError'
  constructor(subject: string, expected: string, got: string) {
    super(`${subject}: expected ${expected}, got ${got}`)
  }
}
