export type {
  Elements,
  ElementType,
  Folder,
  HostValue,
  Model,
  OpenOptions,
  Port,
  Runtime,
  Session,
  Value,
  ValueOps,
} from './runtime.ts'
