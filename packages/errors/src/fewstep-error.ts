const marker = Symbol.for('fewstep.error')

/**
 * Where the problem is.
 *
 * - `input`: a value that the user or the caller gave
 * - `model`: a model, or a file that belongs to it
 * - `runtime`: the library that runs models, or its device
 * - `system`: the disk or the network
 */
export type ErrorKind = 'input' | 'model' | 'runtime' | 'system'

/**
 * The base class of all errors of fewstep. It is marked with a registered symbol, so {@link isFewstepError} recognizes errors of
 * another installed copy of the package, which `instanceof` does not.
 *
 * @example
 * class RatioError extends FewstepError {
 *   override readonly name = 'MyCache.RatioError'
 *   override readonly kind = 'input'
 * }
 */
export abstract class FewstepError extends Error {
  /** The package and the class, such as `Pipelines.RequestError`. */
  abstract override readonly name: string
  abstract readonly kind: ErrorKind
  static {
    Object.assign(FewstepError.prototype, { [marker]: true })
  }
}

/** Whether the error comes from fewstep, from this copy of its packages or from another one. */
export function isFewstepError(error: unknown): error is FewstepError {
  return typeof error === 'object' && error !== null && marker in error
}

/** The kind of an error of fewstep; `undefined` for any other value. */
export function kindOf(error: unknown): ErrorKind | undefined {
  return isFewstepError(error) ? error.kind : undefined
}
