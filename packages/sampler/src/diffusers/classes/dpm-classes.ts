import type { Options } from '../config.ts'
import { flowBelow, flowBelowTo, flowKarras, flowSgm } from '../flow-schedules.ts'
import { thresholded } from '../limits.ts'
import { checkKind, dpmEnds, dpmForm, dpmName, noisyPart, solverTypes } from './dpm-options.ts'
import { type TableConventions, tableClass } from './table-class.ts'

const base = {
  extra: true,
  round: true,
  sigmas: 'process',
  zeroSnr: 'trace',
  defaults: { timestep_spacing: 'linspace' },
  flow: flowBelow,
  threshold: thresholded,
  terminal: (options: Options) => (options.final_sigmas_type === 'zero' ? 'zero' : 'first'),
} as const satisfies Partial<TableConventions>
const only = { use_dynamic_shifting: [false], variance_type: [null] }

/** In noise form, DPM-Solvers end at the cleanest level. */
const toSigmaMin = (o: Options, method: string): Options =>
  method.startsWith('dpm-') ? { ...o, final_sigmas_type: 'sigma_min' } : o

/** The multistep and singlestep exponential integrators. */
export const dpmClasses = [
  tableClass({
    ...base,
    name: 'DPMSolverMultistepScheduler',
    lu: true,
    named: toSigmaMin,
    clips: true,
    flow: flowBelowTo,
    only,
    method: o => dpmName(o, 'm'),
    solverOptions: o => ({ ...dpmForm(o), ...dpmEnds(o) }),
  }),
  tableClass({
    ...base,
    name: 'DPMSolverSinglestepScheduler',
    foreign: ['timestep_spacing', 'steps_offset', 'euler_at_final'],
    defaults: { ...base.defaults, lower_order_final: false },
    named: toSigmaMin,
    clips: true,
    flow: flowBelowTo,
    only,
    method(o) {
      checkKind('algorithm_type', o.algorithm_type, ['dpmsolver', 'dpmsolver++', 'sde-dpmsolver++'])
      return dpmName(o, 's').replace('-sde', '')
    },
    solverOptions: o => ({
      ...dpmForm(o),
      ...(o.lower_order_final && o.solver_order !== 1 ? { lowerOrderFinal: true } : {}),
      ...(o.algorithm_type === 'sde-dpmsolver++' ? { eta: 1 } : {}),
    }),
  }),
  tableClass({
    ...base,
    name: 'DEISMultistepScheduler',
    foreign: ['euler_at_final'],
    only: { use_dynamic_shifting: [false], solver_type: ['logrho', 'midpoint', 'heun', 'bh1', 'bh2'] },
    // Its spacings end at the cleanest level. With its sigmas, diffusers runs the last evaluation twice; here it runs once.
    terminal: (_, by) => (by === 'spacing' ? 'first' : 'zero'),
    method: ({ solver_order: order = 2 }) => (order === 1 ? 'ddim' : `deis-${order}`),
    solverOptions: o => dpmEnds(o),
  }),
  tableClass({
    ...base,
    name: 'UniPCMultistepScheduler',
    foreign: ['euler_at_final'],
    ends: true,
    flow: flowSgm,
    flowKarras,
    threshold: options => (options.predict_x0 ? thresholded(options) : undefined),
    only: { use_dynamic_shifting: [false], solver_p: [null] },
    method({ solver_order: order = 2, solver_type: kind }) {
      checkKind('solver_type', kind, solverTypes)
      return order >= 2 && order <= 4 ? `unipc-${order}` : 'unipc'
    },
    solverOptions: o => ({
      ...(o.solver_order === undefined || (o.solver_order >= 2 && o.solver_order <= 4)
        ? {}
        : { order: o.solver_order }),
      ...(o.solver_type === 'bh1' ? { variant: 'bh1' } : {}),
      ...(o.disable_corrector.length === 0 ? {} : { disableCorrector: o.disable_corrector.join('/') }),
      ...(o.predict_x0 ? {} : { view: 'noise' }),
      // This class lowers the order in runs of any length; the other multistep classes do so in short runs only.
      ...(o.lower_order_final ? { lowerOrderFinal: true } : {}),
      ...dpmEnds(o),
    }),
  }),
  tableClass({
    ...base,
    name: 'SASolverScheduler',
    foreign: ['euler_at_final'],
    clips: true,
    only: { variance_type: [null], tau_func: [null] },
    terminal: (_, by) => (by === 'spacing' ? 'first' : 'zero'),
    method({ algorithm_type: kind }) {
      checkKind('algorithm_type', kind, ['data_prediction', 'noise_prediction'])
      return 'sa-solver'
    },
    solverOptions: o => ({
      ...(o.predictor_order === undefined ? {} : { predictorOrder: o.predictor_order }),
      ...(o.corrector_order === undefined ? {} : { correctorOrder: o.corrector_order }),
      ...(o.algorithm_type === 'noise_prediction' ? { view: 'noise' } : {}),
      ...noisyPart(o),
      ...dpmEnds(o),
    }),
  }),
]
