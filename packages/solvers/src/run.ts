import type { NoiseLevel } from '@fewstep/schedules'
import type { TensorOps } from '@fewstep/tensor'
import type { Draw, Plan } from './plan.ts'

/** What a network call is told of its place in the run. */
export type Call = {
  readonly step: number
  readonly steps: number
  /** The number of the call within its step. */
  readonly stage: number
  /** The number of the call within the run; caches key on this one. */
  readonly evaluation: number
  readonly evaluations: number
  readonly level: NoiseLevel
  readonly signal?: AbortSignal
}

/** A denoiser's answer: the estimate of `x0`, and the one without guidance where a plan asks for it. */
export type Denoised<T> = { readonly denoised: T; readonly unconditional?: T }

/** Network, prediction type, process and guidance in one: `x` at `level` → the estimate of `x0`. The tensors returned are the callee's gift: `run` disposes them. */
export type Denoise<T> = (x: T, level: NoiseLevel, call: Call) => Denoised<T> | Promise<Denoised<T>>

/** A source of standard normal noise shaped like `like`. */
export type Noise<T> = (like: T, draw: Draw & { readonly step: number; readonly index: number }) => T | Promise<T>

/** What is known after a step. Its tensors are lent until the generator moves on. */
export type StepEvent<T> = {
  readonly step: number
  readonly steps: number
  /** Network calls so far, and in all. */
  readonly evaluations: number
  readonly evaluationsTotal: number
  /** The level that `x` is at. */
  readonly level: NoiseLevel
  readonly x: T
  /** The latest estimate of `x0`, and the level it was made at. */
  readonly denoised: T
  readonly denoisedAt: NoiseLevel
}

export type RunOptions<T> = {
  readonly ops: TensorOps<T>
  readonly denoise: Denoise<T>
  readonly noise?: Noise<T> | undefined
  readonly signal?: AbortSignal | undefined
}

export declare function run<T>(plan: Plan, x: T, on: RunOptions<T>): AsyncGenerator<StepEvent<T>, T>
