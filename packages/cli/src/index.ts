export { readSettings } from './png.ts'
export type { Settings } from './settings.ts'
