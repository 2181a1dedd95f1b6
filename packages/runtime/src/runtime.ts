import type { TensorOps, Term } from '@fewstep/tensor'
import type { Elements, ElementType } from './element-type.ts'

/** An array of numbers in this thread's memory, in row-major order. */
export type HostValue = {
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly data: Elements
}

/** An array of numbers on a runtime's device. It holds memory there until `ops.dispose`. Only that runtime accepts it. */
export type DeviceValue = {
  readonly type: ElementType
  readonly shape: readonly number[]
  /** Identifies the value to its runtime. */
  readonly handle: object
  readonly data?: undefined
}

/** An array of numbers with a type and a shape. Values on the host have `data`; `ops.read` copies the others to the host. */
export type Value = HostValue | DeviceValue

/** An input or output of a graph. A symbolic dimension is its name, an unknown one is ''. */
export type Port = {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly (number | string)[]
}

/**
 * A file of weights outside of its model. It is given as bytes; as a blob, which is read only when a model that names it is
 * opened; or as a file on disk, which a runtime in Node maps into memory, so that graphs share it without a copy.
 */
export type Weights = Uint8Array | Blob | FileOnDisk

/** A file on disk. Its path ends with the name that the model uses for it. */
export type FileOnDisk = { readonly path: string }

/**
 * A serialized ONNX model. It is given as a file; as bytes, with the external data files that they name; or as a blob, which is
 * read when it is opened, with a function that gets the files that it names.
 */
export type Model =
  | { readonly path: string }
  | { readonly bytes: Uint8Array; readonly external?: ReadonlyMap<string, Weights> }
  | { readonly blob: Blob; readonly external: (location: string) => Promise<Weights> }

export type OpenOptions = {
  /**
   * The names of the outputs that stay on the device, or `all`. If the device is the host's memory, as with `cpu`, or cannot
   * hold values of an output's type, the output is a host value nevertheless.
   */
  readonly keep?: readonly string[] | 'all' | undefined
}

export type RunOptions = {
  readonly signal?: AbortSignal | undefined
  /** The names of the outputs to return; all of them by default. */
  readonly outputs?: readonly string[] | undefined
}

/** An opened graph. */
export type Session = {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /**
   * Runs the graph once. Runs are queued. The feeds, on the host or on this runtime's device, are not changed, and may be
   * disposed as soon as this function has returned its promise. The caller disposes the returned values. An aborted run rejects
   * at once with the signal's reason; a run that has already started is not interrupted.
   */
  run(feeds: Readonly<Record<string, Value>>, options?: RunOptions): Promise<Readonly<Record<string, Value>>>
  /** Waits for running work, then frees the graph. Its outputs on the device stay valid. Later runs are errors. */
  dispose(): Promise<void>
}

/** The few tensor operations that sampling needs, computed where the values are. Operands are not changed. */
export type ValueOps = Omit<TensorOps<Value>, 'combine' | 'dispose'> & {
  /**
   * `Σ weight·value` of values of one shape. float16 values are summed in higher precision and rounded once. The result is
   * float16 if all values are float16, else float32.
   */
  combine(terms: readonly Term<Value>[]): Value | Promise<Value>
  /** Joins values of one type along their first axis. */
  concat(values: readonly Value[]): Value | Promise<Value>
  /** The inverse of `concat`: splits a value into `parts` values of equal length along the first axis. */
  split(value: Value, parts: number): readonly Value[] | Promise<readonly Value[]>
  /** Converts to float32 or float16, rounding to nearest. A value that has the type already is copied. */
  cast(value: Value, type: 'float32' | 'float16'): Value | Promise<Value>
  /** Copies a value to the host; a host value is returned as it is. The caller still disposes the original value. */
  read(value: Value): HostValue | Promise<HostValue>
  /** Frees a value that will not be used again. */
  dispose(value: Value): void
}

/** Counts of what a runtime holds and has copied. */
export type Usage = {
  /** Graphs that are open, including those of {@link ValueOps}. */
  readonly sessions: number
  /** Values on the device that have not been disposed. */
  readonly values: number
  /** Values copied from the host to the device, and from the device to the host, since the runtime was created. */
  readonly uploads: number
  readonly downloads: number
}

/** Opens and runs graphs on one device. */
export type Runtime = {
  /** The library that runs the graphs, such as `onnxruntime-node`. */
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
  /** For error messages. */
  readonly name: string
  has(path: string): boolean | Promise<boolean>
  /** @throws if the file does not exist */
  read(path: string): Promise<Uint8Array>
  /** An ONNX file of the folder, in the form that the runtime opens fastest. @throws if the file does not exist */
  model(path: string): Model | Promise<Model>
  /** A file of external data, in the form that takes the least memory; `read` is used by default. @throws as `read` */
  weights?(path: string): Promise<Weights>
}
