import type { TensorOps, Term } from '@fewstep/tensor'
import type { Elements, ElementType } from './element-type.ts'

/** An array of numbers in this thread's memory, in row-major order. */
export type HostValue = {
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly data: Elements
}

/** An array of numbers on a runtime's device. It holds memory there until `ops.dispose`, and only that runtime takes it. */
export type DeviceValue = {
  readonly type: ElementType
  readonly shape: readonly number[]
  /** What the runtime knows it by. */
  readonly handle: object
  readonly data?: undefined
}

/** An array of numbers with a type and a shape. `data` is there for those on the host; `ops.read` brings the others. */
export type Value = HostValue | DeviceValue

/** An input or output of a graph; a symbolic dimension is given by its name, an unknown one by ''. */
export type Port = {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly (number | string)[]
}

/**
 * A file of weights outside of its model: its bytes; a blob, which is read only when a model that names it is opened; or a
 * file on disk, which a runtime of Node maps, so that its bytes are never copied and several graphs share them.
 */
export type Weights = Uint8Array | Blob | FileOnDisk

/** A file on disk; its path ends with the name that the model has for it. */
export type FileOnDisk = { readonly path: string }

/**
 * A serialized ONNX model: a file; bytes with the external data files that they name; or a blob, which is read where it is
 * opened, with a way to get the files that it names.
 */
export type Model =
  | { readonly path: string }
  | { readonly bytes: Uint8Array; readonly external?: ReadonlyMap<string, Weights> }
  | { readonly blob: Blob; readonly external: (location: string) => Promise<Weights> }

export type OpenOptions = {
  /**
   * Outputs that stay on the device, by name, or all of them. Where the device is the host's own memory, as on `cpu`, or
   * does not hold values of an output's type, they are host values all the same.
   */
  readonly keep?: readonly string[] | 'all' | undefined
}

export type RunOptions = {
  readonly signal?: AbortSignal | undefined
  /** The outputs that are wanted, by name; all of them where absent. */
  readonly outputs?: readonly string[] | undefined
}

/** An opened graph. */
export type Session = {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /**
   * Runs the graph once. Calls queue up; the feeds, on the host or on this runtime's device, are left untouched, and may be
   * disposed once the call has been made. The values returned are the caller's to dispose. An aborted call rejects at once
   * with the signal's reason; what runs already is not interrupted.
   */
  run(feeds: Readonly<Record<string, Value>>, options?: RunOptions): Promise<Readonly<Record<string, Value>>>
  /** Waits for what is running, then frees the graph; its outputs on the device stay. Later calls are an error. */
  dispose(): Promise<void>
}

/** The few tensor operations that sampling needs, done where the values are. Operands are left untouched. */
export type ValueOps = Omit<TensorOps<Value>, 'combine' | 'dispose'> & {
  /**
   * `Σ weight·value` of values of one shape. float16 values are summed in higher precision and rounded once; the result is
   * float16 where all of them are, else float32.
   */
  combine(terms: readonly Term<Value>[]): Value | Promise<Value>
  /** Joins values of one type along their first axis. */
  concat(values: readonly Value[]): Value | Promise<Value>
  /** The inverse: `parts` values of equal length along the first axis. */
  split(value: Value, parts: number): readonly Value[] | Promise<readonly Value[]>
  /** The same numbers as float32 or float16, rounded to nearest; a copy of a value that is of the type already. */
  cast(value: Value, type: 'float32' | 'float16'): Value | Promise<Value>
  /** The value on the host: itself where it is there already. The value read stays the caller's to dispose. */
  read(value: Value): HostValue | Promise<HostValue>
  /** Frees a value that will not be used again. */
  dispose(value: Value): void
}

/** What a runtime holds, and what it did. */
export type Usage = {
  /** Graphs that are open, those of {@link ValueOps} included. */
  readonly sessions: number
  /** Values on the device that have not been disposed. */
  readonly values: number
  /** Values copied from the host to the device, and from the device to the host, since the runtime was made. */
  readonly uploads: number
  readonly downloads: number
}

/** A place where graphs run. */
export type Runtime = {
  /** The library behind it, such as `onnxruntime-node`. */
  readonly name: string
  /** The execution provider in use, such as `cpu` or `webgpu`. */
  readonly device: string
  readonly ops: ValueOps
  open(model: Model, options?: OpenOptions): Promise<Session>
  usage(): Promise<Usage>
  /** Frees all sessions and values, and the worker or device behind them. */
  dispose(): Promise<void>
}

/** A folder of files, such as a model's: on disk, behind a URL, or picked by a user. */
export type Folder = {
  /** For messages. */
  readonly name: string
  has(path: string): boolean | Promise<boolean>
  /** @throws when the file is not there */
  read(path: string): Promise<Uint8Array>
  /** An ONNX file of the folder in the form that the runtime opens fastest. @throws when the file is not there */
  model(path: string): Model | Promise<Model>
  /** A file of external data in the form that takes least memory; `read` is used where absent. @throws as `read` */
  weights?(path: string): Promise<Weights>
}
