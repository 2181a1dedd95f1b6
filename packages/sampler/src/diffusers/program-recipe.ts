import { type Schedule, startAt } from '@fewstep/schedules'
import { scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { type Program, programs } from '../programs/index.ts'
import { programProcess } from '../programs/process.ts'
import { discardOption, programSchedule } from '../programs/schedule.ts'
import { of, type Sigmas } from '../programs/sigmas.ts'
import { type Choice, ChoiceError, read, scheduleOf, solverOf, solverRow } from './choice.ts'
import type { SchedulerClass } from './classes/index.ts'
import type { Options } from './config.ts'
import type { Recipe } from './recipe.ts'

/**
 * A run by the conventions of another program: of the configuration it takes the table of betas and what the network
 * predicts. Levels, timesteps, the first noise and the part for image to image are the program's.
 *
 * @throws ChoiceError where the model has no table of betas
 */
export function programRecipe(
  program: Program,
  known: SchedulerClass,
  options: Options,
  choice: { readonly solver?: Choice; readonly schedule?: Choice },
): Recipe {
  const conventions = programs[program]
  if (!known.table || options.use_flow_sigmas === true)
    throw new ChoiceError(
      `schedule: ${choice.schedule?.name} of ${conventions.title} is understood for models with a table of betas only, not for ${known.name}; name a schedule of fewstep's own`,
    )
  const row = solverRow(choice.solver?.name ?? known.method(options))
  const own = choice.solver === undefined ? known.solverOptions(options) : {}
  const solver = solverOf(row, choice.solver?.options ?? {}, own)
  const process = programProcess(options)
  return {
    process,
    prediction: known.prediction(options),
    solver: conventions.adapt?.(solver) ?? solver,
    schedule: scheduleFor(program, choice.schedule!),
    initialScale: ([first]) => {
      const highest = process.level(process.last)
      const full = first!.sigma / first!.alpha >= (highest.sigma / highest.alpha) * (1 - 1e-5)
      return conventions.fullNoise && full ? 1 : first!.sigma
    },
    cleanPart(schedule, strength) {
      return {
        name: `${schedule.name} from strength ${strength}`,
        levels(steps, within) {
          // It checks the strength.
          startAt(schedule, { strength })
          const { planned, made } = conventions.part(steps, strength)
          return schedule.levels(planned, within).slice(-made - 1)
        },
      }
    },
  }
}

/** The program's schedule of that name, or the catalogue's with its own defaults. */
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
  return programSchedule(conventions, name, sigmas, discard)
}
