import type { ElementType, HostValue, Model, Port, Usage } from '@fewstep/runtime'

/** A value that the worker holds. */
export type HeldValue = { readonly type: ElementType; readonly shape: readonly number[]; readonly id: number }

export type SentValue = HostValue | HeldValue

/** Each request with what the worker answers to it. */
export type Protocol = {
  open: {
    readonly request: {
      readonly model: Model
      readonly keep: readonly string[] | 'all'
      readonly device: string
      readonly threads?: number | undefined
      readonly profile?: string | undefined
    }
    readonly answer: { readonly session: number; readonly inputs: readonly Port[]; readonly outputs: readonly Port[] }
  }
  run: {
    readonly request: {
      readonly session: number
      readonly feeds: Readonly<Record<string, SentValue>>
      readonly outputs?: readonly string[] | undefined
    }
    readonly answer: Readonly<Record<string, SentValue>>
  }
  close: { readonly request: { readonly session: number }; readonly answer: undefined }
  free: { readonly request: { readonly value: number }; readonly answer: undefined }
  usage: { readonly request: object; readonly answer: Usage }
  /** The execution providers of this onnxruntime-node, and whether their libraries came with it. */
  devices: {
    readonly request: object
    readonly answer: readonly { readonly name: string; readonly bundled: boolean }[]
  }
  /** Frees everything and ends the thread. */
  end: { readonly request: object; readonly answer: undefined }
}

export type Kind = keyof Protocol

export type Question = {
  readonly [K in Kind]: { readonly id: number; readonly kind: K } & Protocol[K]['request']
}[Kind]

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly message: string; readonly code?: string | undefined } }

/** What the threads share, besides messages: whether the worker is in a call, and whether the process is about to end. */
export const busy = 0
export const leaving = 1
