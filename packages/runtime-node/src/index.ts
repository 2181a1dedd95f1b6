export { directory } from './directory.ts'
export { type NodeRuntimeOptions, nodeRuntime } from './node-runtime.ts'
export { RuntimeNodeError } from './runtime-node-error.ts'
