import type { TensorOps } from '@fewstep/tensor'

/** ONNX's names of the element types that a runtime exchanges. */
export type ElementType = 'float32' | 'float16' | 'float64' | 'int64' | 'int32' | 'uint8' | 'int8' | 'bool'

/** The elements in row-major order; float16 as `Float16Array`'s bits, bool as one byte each. */
export type Elements = Float32Array | Float64Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array | Int8Array

/** An array of numbers with a type and a shape. */
export type Value = {
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly data: Elements
}

/** An input or output of a graph; a symbolic dimension is given by its name, an unknown one by ''. */
export type Port = {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly (number | string)[]
}

/** A serialized ONNX model: a file, or bytes with the external data files that they name. */
export type Model =
  | { readonly path: string }
  | { readonly bytes: Uint8Array; readonly external?: ReadonlyMap<string, Uint8Array> }

/** An opened graph. */
export type Session = {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /**
   * Runs the graph once. Calls queue up; the feeds are left untouched. The values returned are the caller's to dispose.
   */
  run(
    feeds: Readonly<Record<string, Value>>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Readonly<Record<string, Value>>>
  /** Waits for what is running, then frees the graph. Later calls are an error. */
  dispose(): Promise<void>
}

/** The few tensor operations that sampling needs, done where the values are. */
export type ValueOps = TensorOps<Value> & {
  /** Joins values of one type along their first axis. */
  concat(values: readonly Value[]): Value | Promise<Value>
  /** The inverse: `parts` values of equal length along the first axis. */
  split(value: Value, parts: number): readonly Value[] | Promise<readonly Value[]>
  dispose(value: Value): void
}

/** A place where graphs run. */
export type Runtime = {
  /** The library behind it, such as `onnxruntime-node 1.30.0`. */
  readonly name: string
  /** The execution provider in use, such as `cpu` or `webgpu`. */
  readonly device: string
  readonly ops: ValueOps
  open(model: Model): Promise<Session>
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
}
