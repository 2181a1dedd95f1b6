import { parseChoice, printChoice } from '@fewstep/pipelines/settings'
import { findSchedule, findSolver, programs } from '@fewstep/sampler/names'
import type { OptionSpec, OptionValue } from '@fewstep/schedules/catalogue'

/** What the catalogues have in common. */
export type Row = {
  readonly name: string
  readonly help?: string
  readonly options: Readonly<Record<string, OptionSpec>>
}

/** A choice's name and options from its text; no options where the text is not readable. */
export function readChoice(text: string): {
  readonly name: string
  readonly options: Readonly<Record<string, OptionValue>>
} {
  try {
    const { name, options = {} } = parseChoice(text)
    return { name, options }
  } catch {
    return { name: text.split(':')[0]!, options: {} }
  }
}

/** What a name that no catalogue has stands for, such as `ComfyUI’s name for dpmpp-2m`; `undefined` where nobody has it. */
export function meaningOf(kind: 'solver' | 'schedule', text: string): string | undefined {
  const { name } = readChoice(text)
  try {
    if (kind === 'solver') {
      const { solver, schedule } = findSolver(name)
      const program = schedule?.program
      return `${program === undefined ? 'diffusers’' : `${programs[program].title}’s`} name for ${solver.name}`
    }
    const { name: found, program } = findSchedule(name)
    return program === undefined ? `Another name for ${found}` : `${programs[program].title}’s schedule ${found}`
  } catch {
    return undefined
  }
}

/** The text with an option set anew, without it where it is empty or its default. */
export function withOption(text: string, row: Row, option: string, value: string): string {
  const { name, options } = readChoice(text)
  const { [option]: _, ...others } = options
  const plain = value.trim()
  const unchanged = plain === '' || plain === String(row.options[option]?.default)
  return printChoice({ name, options: unchanged ? others : { ...others, [option]: plain } })
}
