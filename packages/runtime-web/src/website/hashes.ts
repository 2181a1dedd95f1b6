import { RuntimeWebError } from '../runtime-web-error.ts'

/** The SHA-256 of each file of a folder by its path, in lower-case hexadecimal. */
export type Hashes = Readonly<Record<string, string>>

/**
 * Parses the output of `sha256sum`: one line per file with its hash, two spaces (or a space and a star), and its path.
 *
 * @throws RuntimeWebError for text in any other format
 */
export function parseHashes(text: string, name: string): Hashes {
  const lines = text.split(/\r?\n/).filter(line => line.trim() !== '')
  const entries = lines.map((line, i) => {
    const [, hash, path] = /^([0-9a-f]{64}) [ *](?:\.\/)?(.+)$/i.exec(line) ?? []
    if (hash === undefined || path === undefined)
      throw new RuntimeWebError(
        `${name}: line ${i + 1} is no line of sha256sum, "<hash>  <path>": ${line.slice(0, 80)}; write the list with sha256sum`,
        'model',
      )
    return [path, hash.toLowerCase()] as const
  })
  if (entries.length === 0)
    throw new RuntimeWebError(
      `${name}: the list of hashes is empty; write it with sha256sum in the model's folder`,
      'model',
    )
  return Object.fromEntries(entries)
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
