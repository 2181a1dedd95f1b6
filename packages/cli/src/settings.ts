import type { Choice } from '@fewstep/sampler/diffusers'
import { ArgumentError } from './exit-code.ts'

/** What makes a picture, as it is stored in the picture. */
export type Settings = {
  readonly prompt: string
  readonly negative: string
  readonly steps: number
  readonly guidance: number
  readonly seed: number
  readonly solver?: string
  readonly schedule?: string
  readonly width?: number
  readonly height?: number
}

/** `name:key=value,key=value`. @throws ArgumentError */
export function parseChoice(text: string): Choice {
  const [name = '', rest] = text.split(/:(.*)/s)
  if (rest === undefined) return { name }
  const options = rest.split(',').map((pair): [string, string] => {
    const [key = '', value] = pair.split(/=(.*)/s)
    if (key === '' || value === undefined)
      throw new ArgumentError(`${text}: write options as ${name}:name=value,name=value`)
    return [key, value]
  })
  return { name, options: Object.fromEntries(options) }
}

/** @throws ArgumentError */
export function parseNumber(
  option: string,
  text: string,
  whole: boolean,
  minimum: number = Number.NEGATIVE_INFINITY,
): number {
  const value = Number(text)
  const fits = text.trim() !== '' && (whole ? Number.isSafeInteger(value) : Number.isFinite(value)) && value >= minimum
  if (fits) return value
  const kind = whole ? 'a whole number' : 'a number'
  throw new ArgumentError(
    `--${option} must be ${kind}${Number.isFinite(minimum) ? ` of at least ${minimum}` : ''}, got ${text}`,
  )
}
