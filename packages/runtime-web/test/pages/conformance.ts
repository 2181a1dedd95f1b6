/** The page of the conformance suite. It runs one test by its name. */
import { conformance } from '@fewstep/runtime/conformance'
import { type WebRuntimeOptions, webRuntime } from '@fewstep/runtime-web'
import { traits } from '../support/traits.ts'

declare global {
  /** The memory of the browser's processes, measured by the test outside of the page. */
  var memoryOfBrowser: () => Promise<number>
  var runCase: (options: WebRuntimeOptions, name: string) => Promise<string | undefined>
}

globalThis.runCase = async (options, name) => {
  const make = () => webRuntime(options)
  const cases = conformance({ ...traits(options), make, memory: () => globalThis.memoryOfBrowser() })
  return cases
    .find(found => found.name === name)!
    .run()
    .then(
      () => undefined,
      (error: Error) => error.stack ?? error.message,
    )
}
