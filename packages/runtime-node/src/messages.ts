import type { HostValue, Model, Port } from '@fewstep/runtime'

/** What the worker is asked. */
export type Request =
  | { readonly kind: 'open'; readonly model: Model; readonly device: string; readonly threads: number | undefined }
  | { readonly kind: 'run'; readonly session: number; readonly feeds: Readonly<Record<string, HostValue>> }
  | { readonly kind: 'close'; readonly session: number }
  | { readonly kind: 'usage' }

/** What it answers to an `open`. */
export type Opened = { readonly session: number; readonly inputs: readonly Port[]; readonly outputs: readonly Port[] }

export type Answer = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: string }
