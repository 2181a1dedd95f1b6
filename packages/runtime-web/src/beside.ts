/** The path of an external data file, from the model's path and the location that the model names. */
export function beside(path: string, location: string): string {
  return `${path.slice(0, path.lastIndexOf('/') + 1)}${location}`
}
