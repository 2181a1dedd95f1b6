export { directory } from './directory.ts'
export { type NodeRuntimeOptions, nodeRuntime, RuntimeNodeError } from './node-runtime.ts'
