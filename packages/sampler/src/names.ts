import { didYouMean, type OptionValue, scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { adaptiveCatalogue, type SolverAliases, solverCatalogue } from '@fewstep/solvers/catalogue'
import type { Choice } from './diffusers/choice.ts'

/** A solver, and the schedule where the name says one too. */
export type Named = { readonly solver: Choice; readonly schedule?: Choice }

type Options = Readonly<Record<string, OptionValue>>
type Row = (typeof rows)[number]
type Program = keyof SolverAliases

const rows = [...solverCatalogue, ...adaptiveCatalogue]

/** k-diffusion, which ComfyUI and A1111 run, takes second-order steps to the end, but for one to sigma 0. */
const conventions: Options = { lowerOrderFinal: false }

/** Names that say an option too. */
const variants: Readonly<Record<string, Choice>> = {
  'dpm++ 2m sde heun': { name: 'dpmpp-2m-sde', options: { solverType: 'heun' } },
  dpmpp_2m_sde_heun: { name: 'dpmpp-2m-sde', options: { solverType: 'heun' } },
  uni_pc: { name: 'unipc-3', options: { variant: 'bh1' } },
}

/**
 * The solver and schedule that another program means by a name: `DPM++ 2M Karras` (A1111), `dpmpp_2m_sde_gpu` (ComfyUI),
 * `sample_heun` (k-diffusion), `DPMSolverMultistepScheduler` (diffusers), or the catalogue's own. Options are those that
 * the program runs the method with, where they are not the catalogue's defaults; faults of the programs are not among
 * them. For {@link chooseRecipe}.
 *
 * @throws NameError
 */
export function findSolver(name: string): Named {
  const solver = solverNamed(name)
  if (solver !== undefined) return { solver }
  // A1111 once named the two together.
  for (const { name: schedule, aliases } of scheduleCatalogue) {
    for (const alias of [schedule, ...aliases]) {
      const text = key(name)
      const end = ` ${key(alias)}`
      const rest = text.endsWith(end) ? solverNamed(text.slice(0, -end.length)) : undefined
      if (rest !== undefined) return { solver: rest, schedule: { name: schedule } }
    }
  }
  throw new NameError('solver', name, solverNames())
}

/**
 * The schedule that another program means by a name, such as `sgm_uniform` or `Align Your Steps`.
 *
 * @throws NameError
 */
export function findSchedule(name: string): Choice {
  const found = scheduleCatalogue.find(row => [row.name, ...row.aliases].some(alias => key(alias) === key(name)))
  if (found !== undefined) return { name: found.name }
  throw new NameError(
    'schedule',
    name,
    scheduleCatalogue.flatMap(row => [row.name, ...row.aliases]),
  )
}

function solverNamed(name: string): Choice | undefined {
  const text = key(name)
  const own = rows.find(row => row.name === name)
  if (own !== undefined) return { name: own.name }
  const variant = Object.entries(variants).find(([alias]) => key(alias) === text)?.[1]
  if (variant !== undefined) return withConventions(row(variant.name), variant.options)
  for (const program of ['a1111', 'comfyUi', 'kDiffusion', 'diffusers'] as const) {
    const found = rows.find(({ aliases }) => aliases[program] !== undefined && key(aliases[program]) === text)
    if (found !== undefined) return withConventions(found, {}, program)
  }
  return undefined
}

function row(name: string): Row | undefined {
  return rows.find(row => row.name === name)
}

function withConventions(found: Row | undefined, options: Options = {}, program?: Program): Choice | undefined {
  if (found === undefined) return undefined
  const added = program === 'diffusers' ? {} : conventions
  const fitting = Object.entries(added).filter(([option]) => Object.hasOwn(found.options, option))
  const all = { ...Object.fromEntries(fitting), ...options }
  return { name: found.name, ...(Object.keys(all).length === 0 ? {} : { options: all }) }
}

/** Lower case, words apart, without what programs put around a name. */
function key(name: string): string {
  return name
    .toLowerCase()
    .replace(/^(k_|sample_)/, '')
    .replace(/_gpu$/, '')
    .replace(/[\s_-]+/g, ' ')
    .trim()
}

function solverNames(): readonly string[] {
  const aliases = rows.flatMap(row => [row.name, ...Object.values(row.aliases)])
  return [...aliases, ...Object.keys(variants)]
}

export class NameError extends Error {
  override readonly name = 'Sampler.NameError'
  constructor(kind: string, got: string, known: readonly string[]) {
    super(`${kind}: no program's name for one is '${got}'${didYouMean(got, known)}`)
  }
}
