import type { ErrorKind } from '@fewstep/errors'
import type { ElementType } from '../element-type.ts'
import type { HostValue, Model, Port, Usage, Weights } from '../runtime.ts'

/** A value that the other thread holds. */
export type HeldValue = { readonly type: ElementType; readonly shape: readonly number[]; readonly id: number }

export type SentValue = HostValue | HeldValue

/** A model as a library opens it: a path, or bytes. */
export type LibraryModel = Exclude<Model, { readonly blob: Blob }>

/** Bytes that are in the other thread already: read by an earlier `load`, or sent by `piece`. */
export type Loaded = { readonly loaded: number }

/** A model as it is sent: as the library opens it, or as bytes that are in the other thread already. */
export type SentModel = LibraryModel | (Loaded & { readonly external: ReadonlyMap<string, Weights | Loaded> })

export type OpenSettings = {
  readonly device: string
  readonly threads?: number | undefined
  readonly profile?: string | undefined
  /** The folder of the library's files. */
  readonly files?: string | undefined
}

/** Each question to the thread or process that holds the library, with its answer. */
export type Protocol = {
  open: {
    readonly request: OpenSettings & { readonly model: SentModel; readonly keep: readonly string[] | 'all' }
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
  /** Allocates room for bytes that `piece` sends. One `open` uses them, or `unload` drops them. */
  room: { readonly request: { readonly size: number }; readonly answer: Loaded }
  piece: {
    readonly request: Loaded & { readonly at: number; readonly bytes: Uint8Array }
    readonly answer: undefined
  }
  /** Reads a model, and answers which files of external data it names. One `open` uses it, or `unload` drops it. */
  load: {
    readonly request: { readonly blob: Blob }
    readonly answer: Loaded & { readonly external: readonly string[] }
  }
  unload: { readonly request: Loaded; readonly answer: undefined }
  /** The execution providers of the library, and whether their binaries are part of it. */
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

/** An error as it is sent. A structured clone would keep neither its class nor the fields of the class. */
type SentError = {
  readonly message: string
  readonly code?: string | undefined
  readonly kind?: ErrorKind | undefined
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: SentError }
