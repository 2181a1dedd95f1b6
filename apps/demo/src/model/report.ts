/** One thing that was found out about a model. */
export type Finding = {
  /** `good`: as it should be; `note`: worth knowing; `bad`: the model does not run because of it. */
  readonly weight: 'good' | 'note' | 'bad'
  readonly subject: string
  readonly words: string
}

/** What a folder holds, in words. */
export type Report = {
  readonly name: string
  /** Such as `Stable Diffusion 1.x or 2.x in ONNX`. */
  readonly kind: string
  /** Whether nothing was found that keeps it from running. */
  readonly runs: boolean
  readonly findings: readonly Finding[]
}
