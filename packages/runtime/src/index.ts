export type { Elements, ElementType } from './element-type.ts'
export { hostOps, ValueError } from './host-ops.ts'
export type {
  DeviceValue,
  Folder,
  HostValue,
  Model,
  OpenOptions,
  Port,
  Runtime,
  Session,
  Usage,
  Value,
  ValueOps,
} from './runtime.ts'
