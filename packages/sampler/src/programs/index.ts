import { a1111 } from './a1111.ts'
import { comfyUi } from './comfyui.ts'
import { kDiffusion } from './k-diffusion.ts'
import type { Conventions, Program } from './program.ts'

export type { Conventions, Program, ProgramSchedule, ProgramSolver } from './program.ts'

export const programs: Readonly<Record<Program, Conventions>> = { comfyui: comfyUi, a1111, 'k-diffusion': kDiffusion }

/** Whether a word names a program. */
export function isProgram(word: string): word is Program {
  return Object.hasOwn(programs, word)
}
