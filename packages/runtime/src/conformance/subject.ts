import type { Runtime } from '../runtime.ts'

/** The runtime under test, and the abilities of the device that it is tested on. */
export type Subject = {
  readonly make: () => Runtime | Promise<Runtime>
  /** Whether outputs named in `keep` stay on a device. */
  readonly keeps: boolean
  /** Whether the device computes with float16; true by default. */
  readonly float16?: boolean
  /** Writes files into a new folder and returns its path, for runtimes that open files. */
  readonly write?: (files: ReadonlyMap<string, Uint8Array>) => Promise<string>
  /** The bytes of memory that the process holds, if they can be measured. */
  readonly memory?: () => number | Promise<number>
}

/** One test of the suite. */
export type Case = { readonly name: string; readonly run: () => Promise<void> }

/** A test with a new runtime, which is disposed afterwards. */
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
