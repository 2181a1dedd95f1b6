export { RuntimeWebError } from './runtime-web-error.ts'
export { type WebRuntime, type WebRuntimeOptions, webRuntime } from './web-runtime.ts'
