import type { Settings } from '@fewstep/pipelines/settings'

/** A number of things, such as `3 steps`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** A share as a percentage; small ones are not rounded to nothing. */
export function percent(share: number): string {
  return share > 0 && share < 0.005 ? '< 1 %' : `${(100 * share).toFixed(0)} %`
}

/** PSNR, which is infinite for equal images. */
export function decibels(psnr: number): string {
  return Number.isFinite(psnr) ? `${psnr.toFixed(1)} dB` : 'equal'
}

/** A library's words as a sentence. */
export function sentence(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? '' : '.'}`
}

/** The settings of an image in one line, such as `“a red apple”, seed 7 · 12 steps of dpmpp-2m · guidance 7.5`. */
export function describeSettings(settings: Settings): string {
  const { prompt, negative, seed, steps, guidance, solver, schedule, noise, caches = [] } = settings
  const parts = [
    `“${prompt}”${negative === '' ? '' : `, not “${negative}”`}, seed ${seed}`,
    `${count(steps, 'step')} of ${solver ?? "the model's default solver"}`,
    ...(schedule === undefined ? [] : [`schedule ${schedule}`]),
    `guidance ${guidance}`,
    ...(noise === undefined ? [] : [`${noise} noise`]),
    ...(caches.length === 0 ? [] : [caches.join(', ')]),
  ]
  return parts.join(' · ')
}
