import { churnSpecs } from '../churn.ts'
import { dpm2, dpm2Ancestral } from '../dpm-2.ts'
import { edmAblation } from '../edm-ablation.ts'
import { edmSolver } from '../edm-solver.ts'
import { heunpp2 } from '../heunpp2.ts'
import { restart } from '../restart.ts'
import {
  eulerTableau,
  heun3Tableau,
  heunTableau,
  houwenTableau,
  kuttaTableau,
  ralston3Tableau,
  rhoRk,
  rk4Tableau,
  ssprk3Tableau,
} from '../rho-rk.ts'
import type { Tableau } from '../tableau.ts'
import type { SolverRow } from './row.ts'
import { flowOption, noiseOptions } from './singlestep.ts'

const tableaux: Readonly<Record<string, Tableau>> = {
  euler: eulerTableau,
  heun: heunTableau,
  kutta: kuttaTableau,
  ralston3: ralston3Tableau,
  heun3: heun3Tableau,
  houwen: houwenTableau,
  ssprk3: ssprk3Tableau,
  rk4: rk4Tableau,
}

export const rungeKuttaRows: readonly SolverRow[] = [
  {
    name: 'edm',
    help: "EDM's sampler: second order, optionally with noise before the evaluations",
    factory: 'edmSolver',
    options: {
      alpha: {
        type: 'number',
        default: 1,
        minimum: 0.01,
        maximum: 1,
        help: "where the second evaluation lies in the step: 1 is Heun's method, 0.5 the midpoint rule",
      },
      ...churnSpecs,
    },
    create: options => edmSolver(options as Parameters<typeof edmSolver>[0]),
    aliases: {},
    order: 2,
    calls: 2,
    stochastic: false,
    paper: 'arXiv:2206.00364',
  },
  {
    name: 'edm-ablation',
    help: "the samplers of EDM's ablation: the edm solver in other times and scalings",
    factory: 'edmAblation',
    options: {
      time: {
        type: 'choice',
        default: 'linear',
        choices: ['linear', 've', 'vp'],
        help: 'the time variable of the steps',
      },
      scaling: { type: 'choice', default: 'none', choices: ['none', 'vp'], help: 'the scaling of x in the ODE' },
      euler: { type: 'boolean', default: false, help: 'steps of one evaluation' },
      alpha: {
        type: 'number',
        default: 1,
        minimum: 0.01,
        maximum: 1,
        help: 'where the second evaluation lies in the step',
      },
      betaD: { type: 'number', default: 19.9, minimum: 1e-9, help: 'betaD of the vp time' },
      betaMin: { type: 'number', default: 0.1, minimum: 1e-9, help: 'betaMin of the vp time' },
      ...churnSpecs,
    },
    create: options => edmAblation(options as Parameters<typeof edmAblation>[0]),
    aliases: {},
    order: 2,
    calls: 2,
    stochastic: false,
    paper: 'arXiv:2206.00364',
  },
  {
    name: 'rho-rk',
    help: 'any Runge–Kutta method on the noise, in sigma/alpha',
    factory: 'rhoRk',
    options: {
      tableau: { type: 'choice', default: 'rk4', choices: Object.keys(tableaux), help: 'the Runge–Kutta method' },
    },
    create: ({ tableau }) => rhoRk(tableaux[String(tableau)]),
    aliases: {},
    order: 4,
    calls: 4,
    stochastic: false,
    paper: 'arXiv:2204.13902',
  },
  {
    name: 'restart',
    help: "Heun's method that goes back to more noise and down again, in runs of 20 steps or more",
    factory: 'restart',
    options: {
      sigmaMin: { type: 'number', default: 0.1, minimum: 1e-9, help: 'sigma/alpha where a restart begins' },
      sigmaMax: { type: 'number', default: 2, minimum: 1e-9, help: 'sigma/alpha that a restart goes back to' },
      restarts: {
        type: 'integer',
        minimum: 0,
        maximum: 1000,
        help: 'how many restarts; by default it depends on the number of steps',
      },
      restartSteps: {
        type: 'integer',
        minimum: 1,
        maximum: 10_000,
        help: 'steps of each restart; by default it depends on the number of steps',
      },
      sNoise: { type: 'number', default: 1, minimum: 0, help: "factor of the fresh noise's deviation" },
    },
    create: options => restart(options as Parameters<typeof restart>[0]),
    aliases: { a1111: 'Restart' },
    order: 2,
    calls: 2,
    stochastic: true,
    paper: 'arXiv:2306.14878',
  },
  {
    name: 'dpm-2',
    help: 'the midpoint rule with the middle in ln sigma',
    factory: 'dpm2',
    options: churnSpecs,
    create: options => dpm2(options as Parameters<typeof dpm2>[0]),
    aliases: { diffusers: 'KDPM2DiscreteScheduler', kDiffusion: 'dpm_2', comfyUi: 'dpm_2', a1111: 'DPM2' },
    order: 2,
    calls: 2,
    stochastic: false,
    paper: 'arXiv:2206.00364',
  },
  {
    name: 'dpm-2-ancestral',
    help: 'DPM-2 to a lower level, then fresh noise',
    factory: 'dpm2Ancestral',
    options: { ...noiseOptions(1), ...flowOption },
    create: options => dpm2Ancestral(options as Parameters<typeof dpm2Ancestral>[0]),
    aliases: {
      diffusers: 'KDPM2AncestralDiscreteScheduler',
      kDiffusion: 'dpm_2_ancestral',
      comfyUi: 'dpm_2_ancestral',
      a1111: 'DPM2 a',
    },
    order: 2,
    calls: 2,
    stochastic: true,
    paper: 'arXiv:2206.00364',
  },
  {
    name: 'heunpp2',
    help: 'slopes at this level and the next two, weighted by their distance',
    factory: 'heunpp2',
    options: churnSpecs,
    create: options => heunpp2(options as Parameters<typeof heunpp2>[0]),
    aliases: { comfyUi: 'heunpp2' },
    order: 1,
    calls: 3,
    stochastic: false,
    paper: 'https://github.com/Carzit/sd-webui-samplers-scheduler',
  },
]
