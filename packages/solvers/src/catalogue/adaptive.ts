import type { AdaptiveSolver } from '../adaptive.ts'
import { dpmAdaptive } from '../dpm-adaptive.ts'
import { integral, pid } from '../step-control.ts'
import type { SolverRow } from './row.ts'
import { noiseOptions } from './singlestep.ts'

/** The catalogue row of a method with adaptive steps; see {@link SolverRow}. */
export type AdaptiveRow = Pick<SolverRow, 'name' | 'help' | 'factory' | 'options' | 'aliases' | 'order' | 'paper'> & {
  create(options: Parameters<SolverRow['create']>[0]): AdaptiveSolver
}

export const adaptiveRows: readonly AdaptiveRow[] = [
  {
    name: 'dpm-adaptive',
    help: 'steps as long as a tolerance allows, between the first and the last level of the schedule',
    factory: 'dpmAdaptive',
    options: {
      order: { type: 'integer', default: 3, minimum: 2, maximum: 3, help: 'evaluations of an attempt' },
      atol: { type: 'number', default: 0.0078, minimum: 0, help: 'the absolute error allowed in a step' },
      rtol: { type: 'number', default: 0.05, minimum: 0, help: 'the relative error allowed in a step' },
      firstStep: { type: 'number', default: 0.05, minimum: 1e-6, help: 'the length of the first attempt, in ln sigma' },
      control: {
        type: 'choice',
        default: 'pid',
        choices: ['pid', 'integral'],
        help: 'the rule from errors to step lengths',
      },
      p: { type: 'number', default: 0, help: "the pid rule's proportional share" },
      i: { type: 'number', default: 1, help: "the pid rule's integral share" },
      d: { type: 'number', default: 0, help: "the pid rule's derivative share" },
      ...noiseOptions(0),
    },
    create: ({ control, p, i, d, ...options }) =>
      dpmAdaptive({
        ...(options as Parameters<typeof dpmAdaptive>[0]),
        control: control === 'integral' ? integral() : pid({ p, i, d } as Parameters<typeof pid>[0]),
      }),
    aliases: { kDiffusion: 'dpm_adaptive', comfyUi: 'dpm_adaptive', a1111: 'DPM adaptive' },
    order: 3,
    paper: 'arXiv:2206.00927',
  },
]
