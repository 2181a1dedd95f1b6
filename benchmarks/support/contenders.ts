import { existsSync, readFileSync } from 'node:fs'
import {
  alignYourSteps,
  exponential,
  givenTimesteps,
  karras,
  type Rounding,
  type Schedule,
  sd15,
  trailing,
} from '@fewstep/schedules'
import { readOptions } from '@fewstep/schedules/catalogue'
import { corrected, deis, dpmpp2m, dpmpp3m, ipndm, type Solver } from '@fewstep/solvers'
import { solverCatalogue } from '@fewstep/solvers/catalogue'

/** A program that has the solver or schedule in this form. */
export type Program = 'fewstep' | 'diffusers' | 'k-diffusion'

export type Contender = { readonly name: string; readonly solver: Solver; readonly programs: readonly Program[] }

/** A solver by its name on the command line. */
function named(text: string): Solver {
  const [name, rest] = text.split(':')
  const row = solverCatalogue.find(row => row.name === name)
  if (row === undefined) throw new Error(`the catalogue has no ${name}`)
  const options = Object.fromEntries((rest?.split(',') ?? []).map(pair => pair.split('=') as [string, string]))
  return row.create(readOptions(row.options, options, name)) as Solver
}

/** UniPC as diffusers runs it: the order comes down at the end of runs of any length. */
function asDiffusers(name: string): string {
  return name.startsWith('unipc-') ? `${name}:lowerOrderFinal=true` : name
}

const all = ['fewstep', 'diffusers', 'k-diffusion'] as const
const diffusers = ['fewstep', 'diffusers'] as const
const ours = ['fewstep'] as const

/** Solvers of ODEs, each with the programs that have it in this form. */
export const contenders: readonly Contender[] = [
  ...(
    [
      ['euler', all],
      ['heun', all],
      ['dpm-2', all],
      ['lms', all],
      ['pndm', diffusers],
      ['dpm-2m', diffusers],
      ['dpm-3m:reference=true', diffusers],
      ['dpmpp-2m', diffusers],
      ['dpmpp-2m:lowerOrderFinal=false', all],
      ['dpmpp-3m:reference=true', diffusers],
      ['dpmpp-2s', diffusers],
      ['dpmpp-3s', diffusers],
      ['deis-2', diffusers],
      ['deis-3', diffusers],
      ['unipc-2', diffusers],
      ['unipc-3', diffusers],
      ['dpmpp-3m', ours],
      ['dpmpp-3m:lowerOrderFinal=false', ours],
      ['deis-3:variant=rho', ours],
      ['deis-3:variant=t', ours],
      ['deis-4', ours],
      ['unipc-4', ours],
      ['ipndm', ours],
      ['ipndm-v', ours],
      ['gradient-estimation', ours],
      ['res-multistep', ours],
    ] as const
  ).map(([name, programs]) => ({ name, solver: named(asDiffusers(name)), programs })),
  { name: 'corrected(dpmpp-2m)', solver: corrected(dpmpp2m({ lowerOrderFinal: false })), programs: ours },
  { name: 'corrected(dpmpp-3m)', solver: corrected(dpmpp3m({ lowerOrderFinal: false })), programs: ours },
  { name: 'corrected(deis-3)', solver: corrected(deis({ order: 3 })), programs: ours },
  { name: 'corrected(ipndm)', solver: corrected(ipndm({ order: 3 })), programs: ours },
]

/** Multistep solvers as they start by themselves, and with the start that keeps their order: `benchmarks/starts.ts`. */
export const starts: readonly Contender[] = ['dpmpp-2m', 'dpmpp-3m', 'unipc-3', 'lms'].flatMap(name =>
  ['lower', 'full'].map(start => ({
    name: `${name}:start=${start}`,
    solver: named(`${name}:start=${start}`),
    programs: ours,
  })),
)

export type Grid = { readonly name: string; readonly schedule: Schedule; readonly programs: readonly Program[] }

/** Schedules; each program rounds timesteps in its own way. */
export const grids: readonly Grid[] = [
  { name: 'trailing', schedule: trailing(), programs: diffusers },
  ...(['snap', 'nearest', 'none'] as const).flatMap((rounding: Rounding): readonly Grid[] => {
    const programs = rounding === 'snap' ? ours : rounding === 'nearest' ? diffusers : all
    return [
      { name: `karras, ${rounding}`, schedule: karras({ rounding }), programs },
      { name: `λ-uniform, ${rounding}`, schedule: exponential({ rounding }), programs },
      { name: `AYS SD 1.5, ${rounding}`, schedule: alignYourSteps(sd15, { rounding }), programs },
    ]
  }),
  ...[7.5, 1].map(tuned),
]

/** Timesteps that `benchmarks/tune-timesteps.ts` found for a number of steps at a guidance. */
export type Tuned = {
  /** The fingerprint of the model that they were searched for. */
  readonly model: string
  readonly solver: string
  readonly guidance: number
  readonly steps: number
  readonly timesteps: readonly number[]
  /** The mean distance with the timesteps at the start of the search, and with those that it found. */
  readonly before: number
  readonly distance: number
}

export function readTuned(): readonly Tuned[] {
  const file = new URL('../results/tuned-timesteps.json', import.meta.url)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Tuned[]) : []
}

function tuned(guidance: number): Grid {
  const tables = readTuned().filter(tuned => tuned.guidance === guidance)
  return {
    name: `tuned at guidance ${guidance}`,
    programs: ours,
    schedule: {
      name: 'tuned',
      levels(steps, process) {
        const table = tables.find(tuned => tuned.steps === steps)
        if (table !== undefined) return givenTimesteps(table.timesteps).levels(steps, process)
        const longest = tables.find(tuned => tuned.steps === 10)
        if (longest === undefined || steps < 10) throw new Error(`no timesteps were tuned for ${steps} steps`)
        // More steps visit the levels between them, down to the model's cleanest level.
        const least = Math.min(process.first, longest.timesteps.at(-1)! - 1)
        return alignYourSteps([...longest.timesteps, least], { unit: 'timestep', rounding: 'snap' }).levels(
          steps,
          process,
        )
      },
    },
  }
}
