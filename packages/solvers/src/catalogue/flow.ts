import { flowHeun } from '../flow-heun.ts'
import type { SolverRow } from './row.ts'

export const flowRows: readonly SolverRow[] = [
  {
    name: 'flow-heun',
    help: "Heun's method in the time of flow matching",
    factory: 'flowHeun',
    options: {},
    create: () => flowHeun(),
    aliases: { diffusers: 'FlowMatchHeunDiscreteScheduler' },
    order: 2,
    calls: 2,
    stochastic: false,
    paper: 'arXiv:2209.03003',
  },
]
