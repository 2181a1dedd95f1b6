import type { OptionValue } from '@fewstep/schedules/catalogue'
import { ConfigError, type Options } from '../config.ts'
import { flowBelow, flowBelowTo, flowKarras, flowSgm } from '../flow-schedules.ts'
import { thresholded } from '../limits.ts'
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
export const dpmEnds = (o: Options): Readonly<Record<string, OptionValue>> => {
  if (o.solver_order === 1) return o.algorithm_type === 'sde-dpmsolver++' ? { eta: 1 } : {}
  return {
    ...(o.lower_order_final ? {} : { lowerOrderFinal: false }),
    ...(o.euler_at_final ? { eulerAtFinal: true } : {}),
  }
}
export const dpmForm = (o: Options) => (o.solver_type === 'heun' && o.solver_order !== 1 ? { solverType: 'heun' } : {})

/** What these classes take; the names of the others' mean each one's own default. */
const solverTypes = ['midpoint', 'heun', 'logrho', 'bh1', 'bh2']

function checkKind(option: string, kind: string | undefined, known: readonly string[]): void {
  if (kind !== undefined && !known.includes(kind))
    throw new ConfigError(`${option}: must be one of ${known.join(', ')}, got ${kind}`)
}

/** `dpm-2m`, `dpmpp-3m-sde` … from algorithm and order. */
export function dpmName(o: Options, kind: 'm' | 's'): string {
  const { algorithm_type: algorithm = 'dpmsolver++', solver_order: order = 2 } = o
  checkKind('solver_type', o.solver_type, solverTypes)
  const known = {
    dpmsolver: ['dpm', ''],
    'dpmsolver++': ['dpmpp', ''],
    'sde-dpmsolver': ['dpm', '-sde'],
    'sde-dpmsolver++': ['dpmpp', '-sde'],
  }[algorithm]
  if (known === undefined) throw new ConfigError(`algorithm_type: ${algorithm} is no DPM-Solver`)
  if (order < 1 || order > 3) throw new ConfigError(`solver_order: DPM-Solvers have 1, 2 or 3, got ${order}`)
  if (order === 3 && algorithm === 'sde-dpmsolver')
    throw new ConfigError('algorithm_type: sde-dpmsolver has solver_order 1 or 2, got 3; sde-dpmsolver++ has it')
  // Both first-order steps are DDIM's; reversed in time as an SDE, the one in data form is DDIM's with eta 1.
  if (order === 1 && algorithm !== 'sde-dpmsolver') return 'ddim'
  return order === 1 ? 'dpm-1-sde' : `${known[0]}-${order}${kind}${known[1]}`
}

/** In noise form, DPM-Solvers end at the cleanest level. */
const toSigmaMin = (o: Options, method: string): Options =>
  method.startsWith('dpm-') ? { ...o, final_sigmas_type: 'sigma_min' } : o

/** SA-Solver adds noise from timestep 200 to 800, however many timesteps there are. */
function noisyPart({ num_train_timesteps: count }: Options): Readonly<Record<string, OptionValue>> {
  if (count === 1000) return {}
  if (count <= 200) return { tau: 0 }
  return { start: 199.5 / (count - 1), end: Math.min(1, 800.5 / (count - 1)) }
}

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
    method: o => dpmName(o, 's').replace('-sde', ''),
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
    // Its spacings end at the cleanest level; its sigmas make the last call twice, which is put right here.
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
