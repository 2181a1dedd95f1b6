import { isInRange, type NumberRange } from '@fewstep/errors'
import { readSeed, type Seed } from '@fewstep/tensor'

/** A typed value: how to parse and format it, and a description of valid values. Typed values are parsed only here. */
export type Field<T> = {
  /** `undefined` where the text is no such value. */
  parse(text: string): T | undefined
  print(value: T): string
  /** Such as `a whole number from 1 to 1000`. */
  readonly expected: string
}

function numeric(expected: string, range: NumberRange): Field<number> {
  return {
    expected,
    print: String,
    parse(text) {
      const value = text.trim() === '' ? Number.NaN : Number(text)
      return isInRange(value, range) ? value : undefined
    },
  }
}

export const stepsField: Field<number> = numeric('a whole number from 1 to 1000', {
  whole: true,
  minimum: 1,
  maximum: 1000,
})
export const guidanceField: Field<number> = numeric('a number', {})
export const seedField: Field<Seed> = {
  expected: 'a whole number from −2^63 to 2^64−1',
  print: String,
  parse(text) {
    try {
      return readSeed(text)
    } catch {
      return undefined
    }
  },
}

/** A text that is in a field, and is no value of it. */
export type Draft = { readonly label: string; readonly text: string; readonly expected: string }

/** By the field's name, such as `seed`, `lane.steps` or `left.guidance`. */
export type Drafts = Readonly<Record<string, Draft>>

/** With the draft of a field, or without. */
export function withDraft(drafts: Drafts, name: string, draft: Draft | undefined): Drafts {
  const { [name]: _, ...others } = drafts
  return draft === undefined ? others : { ...others, [name]: draft }
}

/** What is wrong with the fields whose names begin with one of `prefixes`, in words; `undefined` where nothing is. */
export function draftProblem(drafts: Drafts, prefixes: readonly string[]): string | undefined {
  const problems = Object.entries(drafts)
    .filter(([name]) => prefixes.some(prefix => name.startsWith(prefix)))
    .map(([, { label, text, expected }]) =>
      text.trim() === '' ? `${label} is blank: enter ${expected}.` : `${label} must be ${expected}, not “${text}”.`,
    )
  return problems.length === 0 ? undefined : problems.join(' ')
}
