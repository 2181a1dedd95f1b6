import type { Process } from '@fewstep/schedules'
import type { OptionSpec, OptionValue } from '@fewstep/schedules/catalogue'
import type { Choice } from '../diffusers/choice.ts'

/** A program whose names and conventions are supported. The catalogue itself follows diffusers. */
export type Program = 'comfyui' | 'a1111' | 'k-diffusion'

type Values = Readonly<Record<string, OptionValue>>

/** One schedule of a program. */
export type ProgramSchedule = {
  /** The name as the program writes it. */
  readonly name: string
  /** Other names that the program has for it. */
  readonly aliases?: readonly string[]
  readonly options?: Readonly<Record<string, OptionSpec>>
  /** `sigma/alpha` of one run from noisy to clean, including the end. */
  sigmas(steps: number, process: Process, options: Values): readonly number[]
  /** Whether it cannot be chosen, since it belongs to one sampler. */
  readonly hidden?: boolean
  /** Whether the starting `x` is standard normal noise, also where the program's other schedules scale it by `sigma`. */
  readonly fullNoise?: boolean
  /** The timestep that the model gets, from the timestep of the level. */
  told?(timestep: number, process: Process): number
}

/** The names and conventions of a program, in addition to the catalogue's aliases. */
export type Conventions = {
  /** The program's name in text. */
  readonly title: string
  /** Its key among a solver's aliases in the catalogue. */
  readonly alias: 'comfyUi' | 'a1111' | 'kDiffusion'
  readonly schedules: readonly ProgramSchedule[]
  /** The default schedule. */
  readonly usual: string
  /** Whether the model gets the nearest whole timestep instead of the exact timestep of the level. */
  readonly wholeTimesteps: boolean
  /** Whether the starting `x` at the highest level is standard normal noise, as in training, instead of `sigma` times noise. */
  readonly fullNoise: boolean
  /** Solvers with options other than the catalogue's defaults, or with another name in the catalogue. */
  readonly solvers: Readonly<Record<string, ProgramSolver>>
  /** Solvers that fewstep lacks, with the nearest alternatives. */
  readonly missing: Readonly<Record<string, string>>
  /** For image to image: how many steps are planned, and how many of the last ones are run. */
  part(steps: number, strength: number): { readonly planned: number; readonly made: number }
}

/** How a program runs one of its samplers. */
export type ProgramSolver = {
  /** The catalogue's solver, where no alias finds it. */
  readonly solver?: Choice
  /** The default schedule of the sampler. */
  readonly schedule?: string
  /** The schedule of a sampler that has only this one. */
  readonly own?: string
  /** Whether it plans one more step, and leaves out the last noisy level. */
  readonly discards?: boolean
}
