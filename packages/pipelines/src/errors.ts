import { FewstepError } from '@fewstep/errors'

/** A setting that makes no image. */
export class RequestError extends FewstepError {
  override readonly name = 'Pipelines.RequestError'
  override readonly kind = 'input'
  constructor(setting: string, expected: string, got: unknown) {
    super(`${setting} must be ${expected}, got ${String(got)}`)
  }
}

/** A folder that is not what the pipeline reads. */
export class ModelError extends FewstepError {
  override readonly name = 'Pipelines.ModelError'
  override readonly kind = 'model'
  constructor(folder: string, problem: string) {
    super(`${folder}: ${problem}; expected a Stable Diffusion folder in ONNX as optimum writes it`)
  }
}

/** A network whose values cannot be measured. */
export class MeasureError extends FewstepError {
  override readonly name = 'Pipelines.MeasureError'
  override readonly kind = 'model'
}
