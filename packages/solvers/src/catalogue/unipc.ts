import { unip, unipc } from '../unipc.ts'
import type { SolverRow } from './row.ts'
import { withStart } from './start.ts'

const predictor: SolverRow['options'] = {
  variant: {
    type: 'choice',
    default: 'bh2',
    choices: ['bh2', 'bh1', 'vary'],
    help: 'sums over two evaluations: one of the published shortcuts, or exact',
  },
  view: {
    type: 'choice',
    default: 'data',
    choices: ['data', 'noise'],
    help: 'interpolate estimates of data or of noise',
  },
  lowerOrderFinal: {
    type: 'boolean',
    help: 'lower the order to 1 over the last steps; by default in runs of fewer than 15 steps',
  },
}

const corrector: SolverRow['options'] = {
  ...predictor,
  disableCorrector: {
    type: 'string',
    default: '',
    help: 'steps without the corrector: numbers from 0 with / between them, or all',
  },
  reference: { type: 'boolean', default: false, help: 'the variant vary as published, which is of first order' },
}
const order: SolverRow['options'] = {
  order: { type: 'integer', default: 3, minimum: 1, maximum: 9, help: 'how many evaluations a step uses' },
}

function create({ disableCorrector, ...options }: Parameters<SolverRow['create']>[0], order?: number) {
  const words = String(disableCorrector).split('/')
  const steps = words.filter(word => word !== '').map(Number)
  return unipc({
    ...(options as Parameters<typeof unipc>[0]),
    disableCorrector: disableCorrector === 'all' ? true : steps,
    ...(order === undefined ? {} : { order }),
  })
}

const common = { calls: 1, stochastic: false, paper: 'arXiv:2302.04867' }

const rows = [2, 3, 4].map(
  (order): SolverRow => ({
    ...common,
    name: `unipc-${order}`,
    help: `predicts from the last ${order} evaluations, and corrects at no extra evaluation`,
    factory: 'unipc',
    options: corrector,
    create: options => create(options, order),
    aliases: {
      diffusers: 'UniPCMultistepScheduler',
      ...(order === 3 ? { comfyUi: 'uni_pc_bh2', a1111: 'UniPC' } : {}),
    },
    order: order + 1,
    ...(order > 2 ? { defaultOrder: 3 } : {}),
  }),
)

const all: readonly SolverRow[] = [
  ...rows,
  {
    ...common,
    name: 'unipc',
    help: 'predicts from any number of evaluations, and corrects at no extra evaluation',
    factory: 'unipc',
    options: { ...order, ...corrector },
    create: options => create(options),
    aliases: { diffusers: 'UniPCMultistepScheduler' },
    order: 4,
    defaultOrder: 3,
  },
  {
    ...common,
    name: 'unip',
    help: "UniPC's predictor alone",
    factory: 'unip',
    options: { ...order, ...predictor },
    create: options => unip(options as Parameters<typeof unip>[0]),
    aliases: {},
    order: 3,
    defaultOrder: 2,
  },
]

export const unipcRows: readonly SolverRow[] = all.map(row => withStart(row))
