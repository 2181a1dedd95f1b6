export class TokenError extends Error {
  override readonly name = 'Solvers.TokenError'
  constructor(subject: string, expected: string, got: string, remedy: string) {
    super(`${subject}: expected ${expected}, got ${got}; ${remedy}`)
  }
}
