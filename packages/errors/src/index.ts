export { type ErrorKind, FewstepError, isFewstepError, kindOf } from './fewstep-error.ts'
export { checkNumber, type NumberRange } from './number-range.ts'
