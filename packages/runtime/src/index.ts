export { deviceOps } from './device-ops.ts'
export { diagnose, type ExternalFile, type Refusal } from './diagnosis.ts'
export { arrayOf, type Elements, type ElementType } from './element-type.ts'
export { checkFeeds, checkOutputs, FeedError } from './feeds.ts'
export { hostOps, ValueError } from './host-ops.ts'
export { probeModel } from './op-graphs.ts'
export type {
  DeviceValue,
  FileOnDisk,
  Folder,
  HostValue,
  Model,
  OpenOptions,
  Port,
  RunOptions,
  Runtime,
  Session,
  Usage,
  Value,
  ValueOps,
  Weights,
} from './runtime.ts'
export { decodeText, TextError } from './text.ts'
