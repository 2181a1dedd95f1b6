export { hostOps, ValueError } from './host-ops.ts'
export type { Elements, ElementType, Folder, Model, Port, Runtime, Session, Value, ValueOps } from './runtime.ts'
