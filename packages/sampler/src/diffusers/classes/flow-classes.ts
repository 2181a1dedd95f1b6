import { flow } from '@fewstep/schedules'
import { scheduleOf, scheduleRow } from '../choice.ts'
import { ConfigError } from '../config.ts'
import { flowMatch } from '../flow-schedules.ts'
import type { SchedulerClass } from './scheduler-class.ts'

function flowClass(name: string, own: Pick<SchedulerClass, 'method'> & Partial<SchedulerClass>): SchedulerClass {
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
          'use_dynamic_shifting: the shift depends on the picture; choose the schedule flow-uniform with its shift, e to the power of mu',
        )
      if (chosen === undefined) return flowMatch(options)
      const { shift, shift_terminal: end } = options
      const terminal = end === null ? {} : { shiftTerminal: end }
      return scheduleOf(scheduleRow(chosen.name), chosen.options ?? {}, { ...(dynamic ? {} : { shift }), ...terminal })
    },
    initialScale: () => 1,
    ...own,
  }
}

/** The classes of flow matching. */
export const flowClasses: readonly SchedulerClass[] = [
  flowClass('FlowMatchEulerDiscreteScheduler', {
    // With stochastic_sampling: to the estimate, then fresh noise.
    method: options => (options.stochastic_sampling ? 'consistency' : 'euler'),
    solverOptions: (options): Readonly<Record<string, number>> => (options.stochastic_sampling ? { sigmaMin: 0 } : {}),
  }),
  flowClass('FlowMatchHeunDiscreteScheduler', { method: () => 'flow-heun' }),
  flowClass('FlowMatchLCMScheduler', {
    only: { invert_sigmas: [false], scale_factors: [null] },
    method: () => 'consistency',
    solverOptions: () => ({ sigmaMin: 0 }),
  }),
  flowClass('LTXEulerAncestralRFScheduler', {
    method: () => 'euler-ancestral',
    solverOptions: ({ eta = 1 }) => ({ eta, flow: true }),
  }),
]
