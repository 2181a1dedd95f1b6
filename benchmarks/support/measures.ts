import { readFile } from 'node:fs/promises'
import type { Pixels } from '@fewstep/pipelines'
import { type Share, shareOf } from './bootstrap.ts'
import { frechetDistance, statistics } from './frechet.ts'
import type { Judge } from './judge.ts'

/** A prompt, and the judge's name for its object. */
type Named = { readonly prompt: string; readonly name: string }
/** An object in a colour that no training image shows; the name is without the colour. */
export type Combination = Named & { readonly colour: string }
export type Prompts = {
  readonly prompts: readonly Named[]
  readonly combinations: readonly Combination[]
  /** For the Fréchet distance: captions of real images. */
  readonly captions: readonly string[]
}

/** `training/judge/prompts.json`: drawn once, before anything was measured, and not used to choose settings. */
export async function readPrompts(): Promise<Prompts> {
  return JSON.parse(await readFile(new URL('../../training/judge/prompts.json', import.meta.url), 'utf8')) as Prompts
}

/**
 * The share of images whose name is among the judge's five best, with a bootstrap interval over the names.
 *
 * @throws Error where there is not one name for each image, or the judge does not know one
 */
export async function fidelity(judge: Judge, pictures: readonly Pixels[], names: readonly string[]): Promise<Share> {
  sameNumber(pictures, names)
  const unknown = names.find(name => !judge.known.has(name))
  if (unknown !== undefined)
    throw new Error(`the judge does not know ${unknown}; training/judge/names.json has its names`)
  const groups = new Map<string, boolean[]>()
  for (const [i, { names: best }] of (await judge.judge(pictures)).entries()) {
    const group = groups.get(names[i]!) ?? []
    group.push(best.includes(names[i]!))
    groups.set(names[i]!, group)
  }
  return shareOf([...groups.values()])
}

/** The shares whose colour is right, whose thing is among the five best, and of both at once. */
export async function composition(
  judge: Judge,
  pictures: readonly Pixels[],
  wanted: readonly Combination[],
): Promise<Readonly<Record<'colour' | 'name' | 'both', Share>>> {
  sameNumber(pictures, wanted)
  const found = await judge.judge(pictures)
  const colour = wanted.map(({ colour }, i) => found[i]!.colour === colour)
  const name = wanted.map(({ name }, i) => found[i]!.nouns.includes(name))
  const groups = [...new Set(wanted.map(({ prompt }) => prompt))]
  const share = (right: readonly boolean[]): Share =>
    shareOf(groups.map(group => right.filter((_, i) => wanted[i]!.prompt === group)))
  return { colour: share(colour), name: share(name), both: share(colour.map((right, i) => right && name[i]!)) }
}

/** The Fréchet distance of images to the real ones, on the judge's features. */
export async function frechet(judge: Judge, pictures: readonly Pixels[]): Promise<number> {
  return frechetDistance(statistics((await judge.judge(pictures)).map(({ features }) => features)), judge.real)
}

function sameNumber(pictures: readonly Pixels[], wanted: readonly unknown[]): void {
  if (pictures.length !== wanted.length)
    throw new Error(`each image needs its prompt: got ${pictures.length} images and ${wanted.length} prompts`)
}
