import type { OptionValue } from '@fewstep/schedules/catalogue'
import { ConfigError, type Options } from '../config.ts'

/** How the multistep classes end. */
export const dpmEnds = (o: Options): Readonly<Record<string, OptionValue>> => {
  if (o.solver_order === 1) return o.algorithm_type === 'sde-dpmsolver++' ? { eta: 1 } : {}
  return {
    ...(o.lower_order_final ? {} : { lowerOrderFinal: false }),
    ...(o.euler_at_final ? { eulerAtFinal: true } : {}),
  }
}
export const dpmForm = (o: Options) => (o.solver_type === 'heun' && o.solver_order !== 1 ? { solverType: 'heun' } : {})

/** The values that these classes take. A value of another class means the default. */
export const solverTypes = ['midpoint', 'heun', 'logrho', 'bh1', 'bh2']

export function checkKind(option: string, kind: string | undefined, known: readonly string[]): void {
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

/** SA-Solver adds noise from timestep 200 to 800, however many timesteps there are. */
export function noisyPart({ num_train_timesteps: count }: Options): Readonly<Record<string, OptionValue>> {
  if (count === 1000) return {}
  if (count <= 200) return { tau: 0 }
  return { start: 199.5 / (count - 1), end: Math.min(1, 800.5 / (count - 1)) }
}
