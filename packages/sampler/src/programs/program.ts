import type { Process } from '@fewstep/schedules'
import type { OptionSpec, OptionValue } from '@fewstep/schedules/catalogue'
import type { Solver } from '@fewstep/solvers'
import type { Choice } from '../diffusers/choice.ts'

/** A program whose names and conventions are understood; the catalogue itself keeps diffusers'. */
export type Program = 'comfyui' | 'a1111' | 'k-diffusion'

type Values = Readonly<Record<string, OptionValue>>

/** One schedule of a program. */
export type ProgramSchedule = {
  /** As the program writes it. */
  readonly name: string
  /** What else the program calls it. */
  readonly aliases?: readonly string[]
  readonly options?: Readonly<Record<string, OptionSpec>>
  /** `sigma/alpha` of one run from noisy to clean, the end included. */
  sigmas(steps: number, process: Process, options: Values): readonly number[]
  /** One sampler has it, whatever the schedule's field says: it cannot be chosen. */
  readonly hidden?: boolean
}

/** What the names of a program mean, beside the catalogue's aliases. */
export type Conventions = {
  /** As people write it. */
  readonly title: string
  /** Its key among a solver's aliases in the catalogue. */
  readonly alias: 'comfyUi' | 'a1111' | 'kDiffusion'
  readonly schedules: readonly ProgramSchedule[]
  /** The schedule where none is named. */
  readonly usual: string
  /** Whether the network is told the nearest whole timestep instead of the one that belongs to the level. */
  readonly wholeTimesteps: boolean
  /** Whether noise at the highest level fills the whole of `x`, as in training, instead of `sigma` times noise. */
  readonly fullNoise: boolean
  /** Solvers whose options are not the catalogue's defaults, or that the catalogue calls otherwise. */
  readonly solvers: Readonly<Record<string, ProgramSolver>>
  /** Solvers that are not here, and what is nearest. */
  readonly missing: Readonly<Record<string, string>>
  /** What else the program does with a solver that the catalogue made. */
  adapt?(solver: Solver): Solver
  /** For image to image: how many steps are planned, and how many of the last are made. */
  part(steps: number, strength: number): { readonly planned: number; readonly made: number }
}

/** How a program runs one of its samplers. */
export type ProgramSolver = {
  /** The catalogue's, where it is not found by its alias. */
  readonly solver?: Choice
  /** The schedule where none is named. */
  readonly schedule?: string
  /** The schedule that it has whatever is named. */
  readonly own?: string
  /** It plans one step more, and leaves out the last noisy level. */
  readonly discards?: boolean
}
