/** Runs the conformance suite on webgpu, in a process that was started with the environment for it: a line a case. */
import { conformance } from '@fewstep/runtime/conformance'
import { subject } from './subject.ts'

for (const { name, run } of conformance({ ...subject({ device: 'webgpu' }), float16: false })) {
  const started = performance.now()
  const error = await run().then(
    () => undefined,
    (reason: Error) => reason.message,
  )
  console.log(JSON.stringify({ name, error, ms: performance.now() - started }))
}
