export type { TensorOps, Term } from './ops.ts'
