import type { News } from './messages.ts'

type File = { readonly loaded: number; readonly total: number | undefined }

/** The sizes of a model's files in bytes, by their path. */
export type Sizes = Readonly<Record<string, number>>

/**
 * The progress of all downloads together, as far as their sizes are known.
 *
 * @param sizes sizes known in advance; a host that compresses does not send them
 * @param needed files that will come, so that they count from the start
 */
export function loading(
  tell: (news: News) => void,
  sizes: Sizes = {},
  needed: readonly string[] = [],
): (file: { readonly path: string } & File) => void {
  const files = new Map<string, File>()
  for (const path of needed) if (sizes[path] !== undefined) files.set(path, { loaded: 0, total: sizes[path] })
  return ({ path, loaded, total }) => {
    files.set(path, { loaded, total: sizes[path] ?? total })
    let [sum, whole]: [number, number | undefined] = [0, 0]
    for (const file of files.values()) {
      sum += file.loaded
      whole = whole === undefined || file.total === undefined ? undefined : whole + file.total
    }
    tell({ kind: 'loading', loaded: sum, total: whole })
  }
}
