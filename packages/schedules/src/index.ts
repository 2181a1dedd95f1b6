export type { NoiseLevel, Process, Schedule } from './level.ts'
