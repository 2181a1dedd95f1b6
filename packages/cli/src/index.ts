export type { Settings } from '@fewstep/pipelines/settings'
export { readSettings } from './png.ts'
