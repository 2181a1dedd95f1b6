/** Runs the cases for webgpu, in a process that was started with the environment for it, and prints a line for each. */
import { webgpuCases } from './webgpu-cases.ts'

for (const { name, run } of webgpuCases()) {
  const error = await run().then(
    () => undefined,
    (reason: Error) => reason.stack,
  )
  console.log(JSON.stringify({ name, error }))
}
