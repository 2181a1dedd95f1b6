import { FewstepError } from '@fewstep/errors'

/** A setting with which no image can be generated. */
export class RequestError extends FewstepError {
  override readonly name = 'Pipelines.RequestError'
  override readonly kind = 'input'
  constructor(setting: string, expected: string, got: unknown) {
    super(`${setting} must be ${expected}, got ${String(got)}`)
  }
}

/** A folder that the pipeline cannot read. */
export class ModelError extends FewstepError {
  override readonly name = 'Pipelines.ModelError'
  override readonly kind = 'model'
  constructor(folder: string, problem: string) {
    super(`${folder}: ${problem}; expected a Stable Diffusion folder in ONNX as optimum writes it`)
  }
}

/** A model whose values cannot be measured. */
export class MeasureError extends FewstepError {
  override readonly name = 'Pipelines.MeasureError'
  override readonly kind = 'model'
}
