import { FewstepError } from '@fewstep/errors'
import { isLfsPointer, lfsRemedy } from '@fewstep/onnx-graph'

/** A text file that is not UTF-8, or that is only a Git LFS pointer. */
export class TextError extends FewstepError {
  override readonly name = 'Runtime.TextError'
  override readonly kind = 'model'
}

/**
 * The text of a file in UTF-8, whichever system wrote it: without a byte order mark, and with `\n` for every line break.
 *
 * @throws TextError for bytes that are not UTF-8, with the encoding they seem to have, and for a Git LFS pointer
 * @example decodeText(await folder.read('tokenizer/merges.txt'), 'tokenizer/merges.txt')
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  const remedy = 'save it as UTF-8'
  if (isLfsPointer(bytes)) throw new TextError(`${name} ${lfsRemedy}`)
  const other = wideEncoding(bytes)
  if (other !== undefined) throw new TextError(`${name} is text in ${other}, expected UTF-8; ${remedy}`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r\n?/g, '\n')
  } catch {
    throw new TextError(`${name} is not text in UTF-8; ${remedy}, or fetch it again`)
  }
}

/** Recognizes UTF-16 and UTF-32 by their byte order marks, or by the zero bytes that ASCII text has in them. */
function wideEncoding(bytes: Uint8Array): string | undefined {
  const [a, b, c, d] = bytes
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? 'UTF-32' : 'UTF-16'
  if (a === 0xfe && b === 0xff) return 'UTF-16'
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return 'UTF-32'
  if (bytes.length < 2 || (a !== 0 && b !== 0)) return undefined
  return (a === 0 && b === 0) || (b === 0 && c === 0) ? 'UTF-32' : 'UTF-16'
}
