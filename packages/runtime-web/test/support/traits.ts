import type { Subject } from '@fewstep/runtime/conformance'
import type { WebRuntimeOptions } from '@fewstep/runtime-web'

/** The abilities of a device in the browser of the tests. Its GPU is SwiftShader, which has no float16 arithmetic. */
export function traits({ device }: WebRuntimeOptions): Pick<Subject, 'keeps' | 'float16'> {
  return device === 'webgpu' ? { keeps: true, float16: false } : { keeps: false }
}
