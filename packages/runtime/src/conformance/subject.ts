import type { Runtime } from '../runtime.ts'

/** The runtime under test, and what is known of the place where it is tested. */
export type Subject = {
  readonly make: () => Runtime | Promise<Runtime>
  /** Whether outputs that `open` is told to keep stay on a device. */
  readonly keeps: boolean
  /** Whether the device computes with float16; true where absent. */
  readonly float16?: boolean
  /** Writes files into a new folder and gives its path, for runtimes that open files. */
  readonly write?: (files: ReadonlyMap<string, Uint8Array>) => Promise<string>
  /** The bytes of memory that the process holds, where that can be told. */
  readonly memory?: () => number | Promise<number>
}

export type Case = { readonly name: string; readonly run: () => Promise<void> }

/** A case with a runtime of its own. */
export function withRuntime(subject: Subject, name: string, body: (runtime: Runtime) => Promise<void>): Case {
  return {
    name,
    async run() {
      const runtime = await subject.make()
      try {
        await body(runtime)
      } finally {
        await runtime.dispose()
      }
    },
  }
}
