export { type ErrorKind, FewstepError, isFewstepError, kindOf } from './fewstep-error.ts'
export { checkNumber, isInRange, type NumberRange } from './number-range.ts'
