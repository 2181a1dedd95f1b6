import { FewstepError } from '@fewstep/errors'
import { nearest, type OptionValue, scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { adaptiveCatalogue, solverCatalogue } from '@fewstep/solvers/catalogue'
import type { Choice } from './diffusers/choice.ts'
import { isProgram, type Program, type ProgramSchedule, type ProgramSolver, programs } from './programs/index.ts'

export { type Program, programs } from './programs/index.ts'

/** A solver, and the schedule that the program uses with it. Names of the catalogue and of diffusers' classes have no schedule. */
export type Named = { readonly solver: Choice; readonly schedule?: Choice }

type Options = Readonly<Record<string, OptionValue>>
type Row = (typeof rows)[number]

const rows = [...solverCatalogue, ...adaptiveCatalogue]

/** k-diffusion, which ComfyUI and WebUI use, takes steps of full order to the end, except for a step to sigma 0. */
const fullOrder: Options = { lowerOrderFinal: false }

/**
 * Finds a solver and a schedule by name, for {@link chooseRecipe}. Names are the catalogue's, ComfyUI's
 * (`dpmpp_2m`, `sgm_uniform`), those of AUTOMATIC1111's WebUI and of Forge (`DPM++ 2M Karras`, `SGM Uniform`), k-diffusion's
 * (`sample_heun`) or classes of diffusers. Levels, timesteps and the last step are those of the program whose name was
 * used; with names of the catalogue only, they are diffusers'.
 *
 * 1. `comfyui:beta`, `a1111:Beta`, `k-diffusion:karras` and `diffusers:beta` name the program.
 * 2. Case does not matter. A name that the catalogue has too (`euler`, `Karras`, `beta`) is the catalogue's.
 * 3. But next to a name of one program, the other name is that program's too, if it has such a name: in `dpmpp_2m` with `beta`
 *    and in `euler` with `sgm_uniform`, both names are ComfyUI's. Otherwise the catalogue's solver or schedule runs with the
 *    program's conventions.
 * 4. Without a schedule, the program's default applies: `normal` in ComfyUI, the sampler's default in WebUI ("Automatic").
 *
 * @throws NameError for an unknown name, with the nearest names
 * @example chooseRecipe(config, findNames({ solver: { name: 'DPM++ 2M Karras' } }))
 */
export function findNames(given: { readonly solver?: Choice; readonly schedule?: Choice }): {
  readonly solver?: Choice
  readonly schedule?: Choice
} {
  const solver = given.solver === undefined ? undefined : readSolver(given.solver)
  const schedule = given.schedule === undefined ? undefined : readSchedule(given.schedule, solver?.program)
  if (solver === undefined) {
    if (schedule?.program === undefined) return schedule === undefined ? {} : { schedule: schedule.choice }
    return { schedule: scheduleOf(schedule.program, {}, schedule, '') }
  }
  const program = solver.program ?? (solver.fixed ? undefined : schedule?.program)
  if (program === undefined)
    return { solver: solver.choice, ...(schedule === undefined ? {} : { schedule: schedule.choice }) }
  const again = solver.program === undefined ? solverOf(program, given.solver!) : undefined
  const { choice, run = {} } = again ?? solver
  return { solver: choice, schedule: scheduleOf(program, run, schedule ?? solver.schedule, given.solver!.name) }
}

/**
 * Finds a solver, and the schedule that its program uses with it: {@link findNames} with a solver only.
 *
 * @throws NameError for an unknown name
 * @example findSolver('DPM++ 2M SDE Karras')
 */
export function findSolver(name: string): Named {
  return findNames({ solver: { name } }) as Named
}

/**
 * Finds a schedule: {@link findNames} with a schedule only. `findSchedule('beta')` and `findSchedule('Beta')` are
 * the catalogue's, `findSchedule('comfyui:beta')` is ComfyUI's.
 *
 * @throws NameError
 */
export function findSchedule(name: string): Choice {
  return findNames({ schedule: { name } }).schedule!
}

/** Separates the program from the name, where the name or the choice has one. */
function split(choice: Choice): { readonly name: string; readonly program?: Program | 'diffusers' } {
  const [, word, rest] = /^([\w-]+):\s*(.+)$/s.exec(choice.name) ?? []
  if (word !== undefined && rest !== undefined && (isProgram(word) || word === 'diffusers'))
    return { name: rest, program: word }
  return choice.program === undefined ? { name: choice.name } : { name: choice.name, program: choice.program }
}

/** A solver that was found by name. With `fixed`, the run has diffusers' conventions for any name of the schedule. */
type FoundSolver = {
  readonly choice: Choice
  readonly program?: Program
  readonly run?: ProgramSolver
  /** The schedule, where the solver's name includes it. */
  readonly schedule?: FoundSchedule
  readonly fixed?: boolean
}

type FoundSchedule = { readonly choice: Choice; readonly program?: Program }

/** @throws NameError */
function readSolver(given: Choice): FoundSolver {
  const { name, program } = split(given)
  const { options = {} } = given
  if (program !== undefined && program !== 'diffusers') {
    const found = solverOf(program, given)
    if (found !== undefined) return found
    throw unknown('solver', name, program)
  }
  const own = rows.find(row => row.name === name.toLowerCase())
  if (own !== undefined) return { choice: withOptions(own, {}, options), fixed: program === 'diffusers' }
  const byClass = rows.find(({ aliases }) => aliases.diffusers === name)
  if (byClass !== undefined) return { choice: withOptions(byClass, {}, options), fixed: true }
  if (program === 'diffusers') throw unknown('solver', name)
  for (const each of inOrder(name)) {
    const found = solverOf(each, given)
    if (found !== undefined) return found
  }
  throw unknown('solver', name)
}

/** @throws NameError for a solver that the program has and fewstep lacks */
function solverOf(program: Program, given: Choice): FoundSolver | undefined {
  const { name } = split(given)
  const { options = {} } = given
  const { alias, solvers, missing, schedules, title } = programs[program]
  const text = key(name)
  const instead = Object.entries(missing).find(([one]) => key(one) === text)?.[1]
  if (instead !== undefined) throw new NameError(`solver: ${title}'s ${name} is not supported; use ${instead} instead`)
  const run = Object.entries(solvers).find(([one]) => key(one) === text)?.[1]
  const row =
    run?.solver === undefined
      ? rows.find(({ aliases }) => aliases[alias] !== undefined && key(aliases[alias]) === text)
      : rows.find(row => row.name === run.solver?.name)
  if (row !== undefined)
    return {
      choice: withOptions(row, { ...fitting(row, fullOrder), ...run?.solver?.options }, options),
      program,
      ...(run === undefined ? {} : { run }),
    }
  if (program !== 'a1111') return undefined
  // Older versions of WebUI put solver and schedule into one name.
  for (const schedule of schedules) {
    for (const word of wordsOf(schedule)) {
      const end = ` ${key(word)}`
      const found = text.endsWith(end) ? solverOf(program, { name: text.slice(0, -end.length), options }) : undefined
      if (found !== undefined) return { ...found, schedule: { choice: { name: schedule.name, program }, program } }
    }
  }
  return undefined
}

/** @throws NameError */
function readSchedule(given: Choice, beside: Program | undefined): FoundSchedule {
  const { name, program } = split(given)
  const said = { ...(given.options === undefined ? {} : { options: given.options }) }
  const of = (each: Program): FoundSchedule | undefined => {
    const found = scheduleNamed(each, name)
    return found === undefined ? undefined : { choice: { ...said, name: found, program: each }, program: each }
  }
  if (program !== undefined && program !== 'diffusers') {
    const found = of(program)
    if (found !== undefined) return found
    throw unknown('schedule', name, program)
  }
  const first = beside === undefined || program === 'diffusers' ? undefined : of(beside)
  if (first !== undefined) return first
  const own = scheduleCatalogue.find(row => row.name === name.toLowerCase())
  if (own !== undefined) return { choice: { ...said, name: own.name } }
  if (program === undefined) {
    for (const each of inOrder(name)) {
      const found = of(each)
      if (found !== undefined) return found
    }
    const alias = scheduleCatalogue.find(row => row.aliases.some(alias => key(alias) === key(name)))
    if (alias !== undefined) return { choice: { ...said, name: alias.name } }
  }
  throw unknown('schedule', name)
}

/** The name as the program writes it. `Automatic` stands for the default schedule. */
function scheduleNamed(program: Program, name: string): string | undefined {
  if (program === 'a1111' && key(name) === 'automatic') return 'Automatic'
  return programs[program].schedules
    .filter(({ hidden }) => hidden !== true)
    .find(schedule => wordsOf(schedule).some(word => key(word) === key(name)))?.name
}

/** @throws NameError where a schedule is named for a sampler that has fixed levels */
function scheduleOf(program: Program, run: ProgramSolver, found: FoundSchedule | undefined, solver: string): Choice {
  const { usual, title } = programs[program]
  const named = found?.choice.name === 'Automatic' ? undefined : found?.choice
  if (run.own !== undefined && named !== undefined)
    throw new NameError(
      `schedule: ${solver} has fixed timesteps in ${title}, with any schedule; leave ${named.name} out, or name a solver of fewstep`,
    )
  const choice = named ?? { name: run.own ?? run.schedule ?? usual }
  const options = { ...choice.options, ...(run.discards === true ? { discardPenultimate: true } : {}) }
  return {
    name: choice.name,
    program: choice.program ?? program,
    ...(Object.keys(options).length === 0 ? {} : { options }),
  }
}

/** The order in which programs are searched: WebUI first for names with a space, k-diffusion first for `sample_`, else ComfyUI. */
function inOrder(name: string): readonly Program[] {
  if (name.startsWith('sample_') || name.startsWith('get_sigmas')) return ['k-diffusion', 'comfyui', 'a1111']
  return name.includes(' ') || name.startsWith('k_')
    ? ['a1111', 'comfyui', 'k-diffusion']
    : ['comfyui', 'a1111', 'k-diffusion']
}

function withOptions(row: Row, program: Options, given: Options): Choice {
  const all = { ...program, ...given }
  return { name: row.name, ...(Object.keys(all).length === 0 ? {} : { options: all }) }
}

function fitting(row: Row, options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([option]) => Object.hasOwn(row.options, option)))
}

function wordsOf({ name, aliases = [] }: ProgramSchedule): readonly string[] {
  return [name, ...aliases]
}

/** A name in lower case, with spaces between words, without the prefixes and suffixes of programs. */
function key(name: string): string {
  return name
    .toLowerCase()
    .replace(/^(k_|sample_)/, '')
    .replace(/_gpu$/, '')
    .replace(/[\s_-]+/g, ' ')
    .trim()
}

/** The error for an unknown name. Proposes the nearest names of the catalogue and of each program. */
function unknown(kind: 'solver' | 'schedule', got: string, program?: Program): NameError {
  const own = program === undefined ? nearest(got, namesOf(kind))[0] : undefined
  const others = (program === undefined ? (Object.keys(programs) as readonly Program[]) : [program]).flatMap(each => {
    const [near] = nearest(got, namesIn(kind, each))
    return near === undefined || near === own ? [] : [{ near, title: programs[each].title }]
  })
  const first = own ?? others[0]?.near
  const more = others.filter(({ near }) => near !== first)
  const whose = program === undefined ? `${got} is unknown` : `${programs[program].title} has no ${got}`
  const proposed = first === undefined ? '' : `, did you mean ${first}?`
  const elsewhere = more.map(({ near, title }) => `${title} has ${near}`).join(', ')
  return new NameError(`${kind}: ${whose}${proposed}${elsewhere === '' ? '' : ` (${elsewhere})`}`)
}

/** The names of the catalogue, and of diffusers' classes. */
function namesOf(kind: 'solver' | 'schedule'): readonly string[] {
  if (kind === 'schedule') return scheduleCatalogue.flatMap(({ name, aliases }) => [name, ...aliases])
  return rows.flatMap(({ name, aliases }) => (aliases.diffusers === undefined ? [name] : [name, aliases.diffusers]))
}

/** A program's names of solvers or schedules, for lists and messages. */
export function namesIn(kind: 'solver' | 'schedule', program: Program): readonly string[] {
  const { alias, solvers, schedules } = programs[program]
  if (kind === 'schedule') return schedules.filter(({ hidden }) => hidden !== true).map(({ name }) => name)
  const aliases = rows.flatMap(({ aliases }) => aliases[alias] ?? [])
  return [...new Set([...aliases, ...Object.keys(solvers)])]
}

export class NameError extends FewstepError {
  override readonly name = 'Sampler.NameError'
  override readonly kind = 'input'
}
