import type { ErrorKind } from '@fewstep/errors'
import type { Pixels } from '@fewstep/pipelines'
import type { Settings } from '@fewstep/pipelines/settings'
import type { Report } from '../model/report.ts'
import type { UnetShares } from '../plan/planned.ts'

/**
 * Where a model comes from. Files are those of one folder that a person picked, with their paths from it: browsers need not
 * keep these when a file is sent to a worker.
 */
export type ModelSource =
  /** The model built into the page, whose files are listed with their hashes. */
  | { readonly kind: 'embedded'; readonly url: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'files'; readonly files: readonly { readonly path: string; readonly file: File }[] }

export const devices = ['auto', 'webgpu', 'wasm'] as const
export type Device = (typeof devices)[number]

/** A model, ready to draw. */
export type Opened = {
  readonly name: string
  readonly schedulerConfig: unknown
  /** What runs it, such as `wasm`. */
  readonly device: string
  /** Worth knowing: why not another device, why only one thread. */
  readonly notes: readonly string[]
}

/** An image, and what it took. */
export type Drawn = {
  readonly picture: Pixels
  /** How many evaluations of the model the run had. */
  readonly evaluations: number
  /** Sampling and decoding, without previews. */
  readonly seconds: number
}

export type StepNews = {
  readonly step: number
  /** Not finite where the solver chooses its steps as it goes. */
  readonly steps: number
  /** How much is done, 0 to 1. */
  readonly progress: number
  /** Evaluations so far, those that a cache left out among them. */
  readonly evaluations: number
  readonly seconds: number
  /** The estimate of the finished image, at the size of the latents. */
  readonly preview: Pixels
}

/** The requests of the page to the worker, with the type of each result. */
export type Protocol = {
  readonly open: { readonly ask: { readonly source: ModelSource; readonly device: Device }; readonly answer: Opened }
  readonly draw: { readonly ask: { readonly settings: Settings }; readonly answer: Drawn }
  /** What the parts of a U-Net cost; `undefined` where it has other parts. */
  readonly shares: { readonly ask: { readonly source: ModelSource }; readonly answer: UnetShares | undefined }
  readonly inspect: { readonly ask: { readonly source: ModelSource }; readonly answer: Report }
}

export type Kind = keyof Protocol

/** Progress before the result. */
export type News =
  | { readonly kind: 'loading'; readonly loaded: number; readonly total: number | undefined }
  | ({ readonly kind: 'step' } & StepNews)
  | { readonly kind: 'warning'; readonly message: string }

/** To the worker. */
export type Ask =
  | { [K in Kind]: { readonly id: number; readonly kind: K; readonly ask: Protocol[K]['ask'] } }[Kind]
  | { readonly id: number; readonly kind: 'stop' }

/** An error as it is sent: a structured clone keeps neither its class nor what the class adds. */
export type SentError = {
  readonly name: string
  readonly message: string
  readonly kind?: ErrorKind | undefined
}

/** From the worker. */
export type Tell =
  | { readonly id: number; readonly begun: true }
  | { readonly id: number; readonly news: News }
  | { readonly id: number; readonly answer: Protocol[Kind]['answer'] }
  | { readonly id: number; readonly error: SentError }
