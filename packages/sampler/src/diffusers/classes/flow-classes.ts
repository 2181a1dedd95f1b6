import { flow, flowUniform, type Process, type Schedule } from '@fewstep/schedules'
import { scheduleOf } from '../choice.ts'
import { ConfigError, type Options } from '../config.ts'
import { flowMatch } from '../flow-schedules.ts'
import type { SchedulerClass } from './scheduler-class.ts'

function flowClass(
  name: string,
  own: Pick<SchedulerClass, 'method'> & Partial<SchedulerClass> & { own?(options: Options): Schedule },
): SchedulerClass {
  return {
    name,
    table: false,
    defaults: {},
    only: { invert_sigmas: [false] },
    process: options => flow({ trainSteps: options.num_train_timesteps }),
    prediction: () => 'flow',
    solverOptions: () => ({}),
    schedule(options, chosen) {
      const dynamic = options.use_dynamic_shifting === true
      if (chosen === undefined && dynamic)
        throw new ConfigError(
          'use_dynamic_shifting: the shift depends on the image; choose the schedule flow-uniform with its shift, e to the power of mu',
        )
      if (chosen === undefined) return own.own?.(options) ?? flowMatch(options)
      const { shift, shift_terminal: end } = options
      const terminal = end === null ? {} : { shiftTerminal: end }
      return scheduleOf(chosen, { ...(dynamic ? {} : { shift }), ...terminal })
    },
    initialScale: () => 1,
    ...own,
  }
}

/** The timestep is `1 − sigma`, so timesteps rise as noise falls. */
const cleanness: Process = {
  first: 1,
  last: 0,
  level: timestep => ({ alpha: timestep, sigma: 1 - timestep, timestep }),
  timestep: ({ alpha, sigma }) => alpha / (alpha + sigma),
}

/** The options of the first class and of its variants. */
const dynamic = [
  'use_dynamic_shifting',
  'invert_sigmas',
  'shift_terminal',
  'use_karras_sigmas',
  'use_exponential_sigmas',
  'use_beta_sigmas',
  'stochastic_sampling',
]

/** The classes of flow matching. */
export const flowClasses: readonly SchedulerClass[] = [
  flowClass('FlowMatchEulerDiscreteScheduler', {
    // With stochastic_sampling: a step to the estimate, then new noise.
    method: options => (options.stochastic_sampling ? 'consistency' : 'euler'),
    solverOptions: (options): Readonly<Record<string, number>> => (options.stochastic_sampling ? { sigmaMin: 0 } : {}),
  }),
  flowClass('FlowMatchHeunDiscreteScheduler', { foreign: dynamic, method: () => 'flow-heun' }),
  flowClass('FlowMatchLCMScheduler', {
    only: { invert_sigmas: [false], scale_factors: [null] },
    method: () => 'consistency',
    solverOptions: () => ({ sigmaMin: 0 }),
  }),
  flowClass('LTXEulerAncestralRFScheduler', {
    foreign: [...dynamic, 'shift'],
    method: () => 'euler-ancestral',
    solverOptions: ({ eta = 1, s_noise: sNoise }) => ({ eta, flow: true, sNoise }),
  }),
  // Its model may also need the timestep of the next level: that is `to` of the plan's step.
  flowClass('FlowMapEulerDiscreteScheduler', {
    foreign: dynamic,
    method: () => 'euler',
    own: ({ shift }) => flowUniform({ shift }),
  }),
  // The number of steps means the number of levels, and the model predicts x0 − ε.
  flowClass('MiniMaxH3Scheduler', {
    foreign: dynamic,
    defaults: { shift: 12 },
    method: () => 'euler',
    process: () => cleanness,
    prediction:
      () =>
      ({ alpha, sigma }) => [1 / (alpha + sigma), sigma / (alpha + sigma)],
    own: ({ shift }) => ({
      name: 'flow',
      levels(steps, process) {
        if (steps < 2) throw new ConfigError(`_class_name: MiniMaxH3Scheduler takes 2 steps or more, got ${steps}`)
        return flowUniform({ shift }).levels(steps - 1, process)
      },
    }),
  }),
]
