/** A setting that makes no picture. */
export class RequestError extends Error {
  override readonly name = 'Pipelines.RequestError'
  constructor(setting: string, expected: string, got: unknown) {
    super(`${setting} must be ${expected}, got ${String(got)}`)
  }
}

/** A folder that is not what the pipeline reads. */
export class ModelError extends Error {
  override readonly name = 'Pipelines.ModelError'
  constructor(folder: string, problem: string) {
    super(`${folder}: ${problem}; expected a Stable Diffusion folder in ONNX as optimum writes it`)
  }
}

/** A network whose values cannot be measured. */
export class MeasureError extends Error {
  override readonly name = 'Pipelines.MeasureError'
}
