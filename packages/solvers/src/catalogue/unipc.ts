import { unip, unipc } from '../unipc.ts'
import type { SolverRow } from './row.ts'

const predictor: SolverRow['options'] = {
  variant: {
    type: 'choice',
    default: 'bh2',
    choices: ['bh2', 'bh1', 'vary'],
    help: 'sums over two calls: one of the published shortcuts, or exact',
  },
  view: { type: 'choice', default: 'data', choices: ['data', 'noise'], help: 'estimates of data or of noise' },
  lowerOrderFinal: { type: 'boolean', default: true, help: 'come down to first order over the last steps' },
}

const rows = [2, 3, 4].map(
  (order): SolverRow => ({
    name: `unipc-${order}`,
    help: `predicts from the last ${order} calls, and corrects at no extra call`,
    factory: 'unipc',
    options: {
      ...predictor,
      disableCorrector: { type: 'boolean', default: false, help: 'predict only' },
      reference: { type: 'boolean', default: false, help: 'the variant vary as published: of first order' },
    },
    create: options => unipc({ ...(options as Parameters<typeof unipc>[0]), order }),
    aliases: {
      diffusers: 'UniPCMultistepScheduler',
      ...(order === 3 ? { comfyUi: 'uni_pc_bh2', a1111: 'UniPC' } : {}),
    },
    order: order + 1,
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2302.04867',
  }),
)

export const unipcRows: readonly SolverRow[] = [
  ...rows,
  {
    name: 'unip',
    help: "UniPC's predictor alone",
    factory: 'unip',
    options: { order: { type: 'number', default: 3, minimum: 1, maximum: 9, help: 'calls in use' }, ...predictor },
    create: options => unip(options as Parameters<typeof unip>[0]),
    aliases: {},
    order: 3,
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2302.04867',
  },
]
