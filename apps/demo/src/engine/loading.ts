import type { News } from './messages.ts'

/** Files on their way → how far all of them are, so far as their sizes are known. */
export function loading(
  tell: (news: News) => void,
): (file: { readonly path: string; readonly loaded: number; readonly total: number | undefined }) => void {
  const files = new Map<string, { readonly loaded: number; readonly total: number | undefined }>()
  return ({ path, loaded, total }) => {
    files.set(path, { loaded, total })
    let [sum, whole]: [number, number | undefined] = [0, 0]
    for (const file of files.values()) {
      sum += file.loaded
      whole = whole === undefined || file.total === undefined ? undefined : whole + file.total
    }
    tell({ kind: 'loading', loaded: sum, total: whole })
  }
}
