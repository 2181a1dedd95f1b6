import { givenTimesteps, type Process } from '@fewstep/schedules'
import { scheduleOf } from '../choice.ts'
import type { SchedulerClass } from './scheduler-class.ts'

/** `alpha = cos(πt/2)`, `sigma = sin(πt/2)`. */
const quarterTurn: Process = {
  first: 0,
  last: 1,
  level: timestep => ({
    alpha: timestep === 1 ? 0 : Math.cos((timestep * Math.PI) / 2),
    sigma: Math.sin((timestep * Math.PI) / 2),
    timestep,
  }),
  timestep: ({ alpha, sigma }) => (Math.atan2(sigma, alpha) * 2) / Math.PI,
}

/** Dance Diffusion's scheduler, with levels at `sigma = sin²(πu/2)`, `u` even from 1 to 0. */
export const ipndmClass: SchedulerClass = {
  name: 'IPNDMScheduler',
  table: false,
  defaults: {},
  only: { trained_betas: [null] },
  process: () => quarterTurn,
  prediction: () => 'v',
  method: () => 'ipndm',
  solverOptions: () => ({ eulerAtFinal: false }),
  schedule(_, chosen) {
    if (chosen !== undefined) return scheduleOf(chosen)
    return {
      name: 'crash',
      levels(steps, process) {
        const timesteps = Array.from({ length: steps }, (_, i) => {
          const sigma = Math.sin(((1 - i / steps) * Math.PI) / 2) ** 2
          return quarterTurn.timestep({ alpha: Math.sqrt(1 - sigma ** 2), sigma })
        })
        return givenTimesteps(timesteps).levels(steps, process)
      },
    }
  },
  initialScale: () => 1,
}
