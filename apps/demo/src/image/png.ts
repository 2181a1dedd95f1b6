import type { Pixels } from '@fewstep/pipelines'
import { parseSettings, printSettings, type Settings, settingsKey } from '@fewstep/pipelines/settings'
import { decode, encode } from 'fast-png'
import { PageError } from '../page-error.ts'

/** A PNG that carries its settings, as those of `fewstep generate` do. */
export function toPng({ width, height, data }: Pixels, settings: Settings): Uint8Array<ArrayBuffer> {
  const text = { [settingsKey]: printSettings(settings) }
  return new Uint8Array(encode({ width, height, channels: 3, depth: 8, data: new Uint8Array(data), text }))
}

/** The settings that a PNG carries. @throws PageError where it carries none */
export function settingsOfPng(bytes: Uint8Array): Settings {
  const json = decodeText(bytes)?.[settingsKey]
  if (json === undefined)
    throw new PageError('This image carries no settings: choose a PNG that this page or the command line has drawn.')
  try {
    return parseSettings(json)
  } catch (error) {
    throw new PageError(`The settings in this image cannot be read (${(error as Error).message}); choose another one.`)
  }
}

function decodeText(bytes: Uint8Array): Readonly<Record<string, string>> | undefined {
  try {
    return decode(bytes, { checkCrc: true }).text
  } catch (error) {
    throw new PageError(`This file is not a readable PNG (${(error as Error).message}); choose another one.`)
  }
}

/** A name for an image's file, from its prompt and seed. */
export function fileName({ prompt, seed }: Pick<Settings, 'prompt' | 'seed'>): string {
  const words = prompt
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')
  return `${words === '' ? 'image' : [...words].slice(0, 40).join('')}-${seed}.png`
}
