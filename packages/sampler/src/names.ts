import { FewstepError } from '@fewstep/errors'
import { didYouMean, type OptionValue, scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { adaptiveCatalogue, type SolverAliases, solverCatalogue } from '@fewstep/solvers/catalogue'
import type { Choice } from './diffusers/choice.ts'

/** A solver, and the schedule where the name says one too. */
export type Named = { readonly solver: Choice; readonly schedule?: Choice }

type Options = Readonly<Record<string, OptionValue>>
type Row = (typeof rows)[number]
type Program = keyof SolverAliases

const rows = [...solverCatalogue, ...adaptiveCatalogue]

/** k-diffusion, which ComfyUI and A1111 run, takes steps of full order to the end, but for one to sigma 0. */
const conventions: Options = { lowerOrderFinal: false }

/** What ComfyUI runs SA-Solver with; it comes down to first order, as UniPC does. */
const comfySa: Options = { predictorOrder: 3, correctorOrder: 4, simple: false, lowerOrderFinal: true }

/** Names that say an option too, or stand for a method with options that are not the catalogue's. */
const variants: Readonly<Record<string, Choice>> = {
  'dpm++ 2m sde heun': { name: 'dpmpp-2m-sde', options: { solverType: 'heun' } },
  dpmpp_2m_sde_heun: { name: 'dpmpp-2m-sde', options: { solverType: 'heun' } },
  uni_pc: { name: 'unipc-3', options: { variant: 'bh1', lowerOrderFinal: true } },
  uni_pc_bh2: { name: 'unipc-3', options: { lowerOrderFinal: true } },
  // A1111's settings, as they are before a user changes them.
  UniPC: { name: 'unipc-3', options: { variant: 'bh1', lowerOrderFinal: true } },
  'DDIM CFG++': { name: 'euler-cfg-pp' },
  deis: { name: 'deis-3', options: { variant: 't' } },
  res_multistep_ancestral: { name: 'res-multistep', options: { eta: 1 } },
  sa_solver: { name: 'sa-solver', options: comfySa },
  sa_solver_pece: { name: 'sa-solver', options: { ...comfySa, evaluateAgain: true } },
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
  const text = key(name)
  for (const [alias, schedule] of scheduleAliases()) {
    const end = ` ${key(alias)}`
    const rest = text.endsWith(end) ? solverNamed(text.slice(0, -end.length)) : undefined
    if (rest !== undefined) return { solver: rest, schedule: { name: schedule } }
  }
  throw new NameError('solver', name, solverNames())
}

/**
 * The schedule that another program means by a name, such as `sgm_uniform` or `Align Your Steps`.
 *
 * @throws NameError
 */
export function findSchedule(name: string): Choice {
  const own = scheduleCatalogue.find(row => row.name === name)?.name
  const found = own ?? scheduleAliases().find(([alias]) => key(alias) === key(name))?.[1]
  if (found !== undefined) return { name: found }
  const known = scheduleAliases().map(([alias]) => alias)
  throw new NameError('schedule', name, known)
}

/** What schedules are called, and which they are. A name of the catalogue's comes last: it may be another one's elsewhere, as 'Beta' is. */
function scheduleAliases(): readonly (readonly [alias: string, schedule: string])[] {
  const aliases = scheduleCatalogue.flatMap(row => row.aliases.map(alias => [alias, row.name] as const))
  return [...aliases, ...scheduleCatalogue.map(row => [row.name, row.name] as const)]
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

export class NameError extends FewstepError {
  override readonly name = 'Sampler.NameError'
  override readonly kind = 'input'
  constructor(kind: string, got: string, known: readonly string[]) {
    super(`${kind}: no program's name for one is '${got}'${didYouMean(got, known)}`)
  }
}
