import { dpmpp2mCfgPp, eulerAncestralCfgPp, eulerCfgPp } from '../cfg-pp.ts'
import type { SolverRow } from './row.ts'

const row = { calls: 1, stochastic: false, paper: 'arXiv:2406.08070' } as const

export const cfgPpRows: readonly SolverRow[] = [
  {
    ...row,
    name: 'euler-cfg-pp',
    help: 'Euler that keeps the noise of the estimate without guidance',
    factory: 'eulerCfgPp',
    options: {},
    create: () => eulerCfgPp(),
    aliases: { comfyUi: 'euler_cfg_pp' },
    order: 1,
  },
  {
    ...row,
    name: 'euler-ancestral-cfg-pp',
    help: 'euler-cfg-pp to a lower level, then fresh noise',
    factory: 'eulerAncestralCfgPp',
    options: {
      eta: { type: 'number', default: 1, minimum: 0, maximum: 1, help: 'share of fresh noise' },
      sNoise: { type: 'number', default: 1, minimum: 0, help: "factor of the fresh noise's deviation" },
    },
    create: options => eulerAncestralCfgPp(options as Parameters<typeof eulerAncestralCfgPp>[0]),
    aliases: { comfyUi: 'euler_ancestral_cfg_pp' },
    order: 1,
    stochastic: true,
  },
  {
    ...row,
    name: 'dpmpp-2m-cfg-pp',
    help: 'second order from the last two evaluations, with the noise of the estimate without guidance',
    factory: 'dpmpp2mCfgPp',
    options: {},
    create: () => dpmpp2mCfgPp(),
    aliases: { comfyUi: 'dpmpp_2m_cfg_pp' },
    order: 2,
  },
]
