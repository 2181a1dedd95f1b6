/** A number of things, such as `3 steps`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
}

/** PSNR, which is infinite for equal pictures. */
export function decibels(psnr: number): string {
  return Number.isFinite(psnr) ? `${psnr.toFixed(1)} dB` : 'equal'
}

/** A library's words as a sentence. */
export function sentence(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? '' : '.'}`
}
