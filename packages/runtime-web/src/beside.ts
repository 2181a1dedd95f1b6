/** The path of a file that the one at `path` names. */
export function beside(path: string, location: string): string {
  return `${path.slice(0, path.lastIndexOf('/') + 1)}${location}`
}
