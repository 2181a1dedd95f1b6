import { roundHalfEven, type Schedule, startAt } from '@fewstep/schedules'
import { scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { adapted } from '../programs/adapted.ts'
import { type Program, programs } from '../programs/index.ts'
import { programProcess } from '../programs/process.ts'
import { discardOption, programSchedule } from '../programs/schedule.ts'
import { of, type Sigmas } from '../programs/sigmas.ts'
import { type Choice, ChoiceError, read, scheduleOf, solverOf, solverRow } from './choice.ts'
import type { SchedulerClass } from './classes/index.ts'
import type { Options } from './config.ts'
import type { Recipe } from './recipe.ts'

/**
 * The recipe with the conventions of another program. The table of betas and the prediction come from the configuration. Levels,
 * timesteps, the scale of the first noise, and the part for image to image come from the program.
 *
 * @throws ChoiceError for a model without a table of betas
 */
export function programRecipe(
  program: Program,
  scheduler: SchedulerClass,
  options: Options,
  choice: { readonly solver?: Choice; readonly schedule?: Choice },
): Recipe {
  const conventions = programs[program]
  if (!scheduler.table || options.use_flow_sigmas === true)
    throw new ChoiceError(
      `schedule: ${choice.schedule?.name} of ${conventions.title} is supported for models with a table of betas only, not for ${scheduler.name}; name a schedule of fewstep`,
    )
  const row = solverRow(choice.solver?.name ?? scheduler.method(options))
  const classOptions = choice.solver === undefined ? scheduler.solverOptions(options) : {}
  const solver = solverOf(row, choice.solver?.options ?? {}, classOptions)
  const process = programProcess(options)
  const always = conventions.schedules.find(({ name }) => name === choice.schedule!.name)?.fullNoise === true
  return {
    process,
    prediction: scheduler.prediction(options),
    solver: adapted(program, solver),
    schedule: scheduleFor(program, choice.schedule!),
    initialScale: ([first]) => {
      const highest = process.level(process.last)
      const full = first!.sigma / first!.alpha >= (highest.sigma / highest.alpha) * (1 - 1e-5)
      return always || (conventions.fullNoise && full) ? 1 : first!.sigma
    },
    cleanPart(schedule, strength) {
      return {
        name: `${schedule.name} from strength ${strength}`,
        levels(steps, within) {
          // `startAt` checks the strength.
          startAt(schedule, { strength })
          const { planned, made } = conventions.part(steps, strength)
          return schedule.levels(planned, within).slice(-made - 1)
        },
      }
    },
  }
}

/** The program's schedule of that name, or the catalogue's with its defaults. */
function scheduleFor(program: Program, { name, options = {} }: Choice): Schedule {
  const conventions = programs[program]
  const { discardPenultimate: discards, ...rest } = options
  const given = discards === undefined ? {} : { discardPenultimate: discards }
  const discard = read({ name, options: discardOption }, given)
  const row = conventions.schedules.find(one => one.name === name)
  const checked = row === undefined ? rest : read({ name, options: row.options ?? {} }, rest)
  const sigmas: Sigmas =
    row === undefined
      ? of(scheduleOf({ name, options: rest }))
      : (steps, process) => row.sigmas(steps, process, checked)
  if (row === undefined && !scheduleCatalogue.some(one => one.name === name))
    throw new ChoiceError(`schedule: ${conventions.title} has no ${name}, and neither does fewstep`)
  const whole = (timestep: number): number => (conventions.wholeTimesteps ? roundHalfEven(timestep) : timestep)
  return programSchedule({ title: conventions.title, told: row?.told ?? whole }, name, sigmas, discard)
}
