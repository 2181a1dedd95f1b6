export { readSettings } from './picture.ts'
export type { Settings } from './settings.ts'
