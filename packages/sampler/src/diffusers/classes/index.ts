import { consistencyClasses } from './consistency-classes.ts'
import { ddimClasses } from './ddim-classes.ts'
import { distilledClasses } from './distilled-classes.ts'
import { dpmClasses } from './dpm-classes.ts'
import { edmClasses } from './edm-classes.ts'
import { flowClasses } from './flow-classes.ts'
import { ipndmClass } from './ipndm-class.ts'
import type { SchedulerClass } from './scheduler-class.ts'
import { scoreSdeVpClass } from './sdevp-class.ts'
import { sigmaClasses } from './sigma-classes.ts'
import { veClasses } from './ve-classes.ts'
import { wuerstchenClass } from './wuerstchen-class.ts'

export { refusedClasses } from './refused-classes.ts'
export type { SchedulerClass } from './scheduler-class.ts'

const classes: readonly SchedulerClass[] = [
  ...ddimClasses,
  ...sigmaClasses,
  ...dpmClasses,
  ...edmClasses,
  ...distilledClasses,
  ...flowClasses,
  ipndmClass,
  ...consistencyClasses,
  ...veClasses,
  scoreSdeVpClass,
  wuerstchenClass,
]

/** The names of the supported classes. */
export const classNames: readonly string[] = classes.map(({ name }) => name)

export function schedulerClass(name: string): SchedulerClass | undefined {
  return classes.find(known => known.name === name)
}
