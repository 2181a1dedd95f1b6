import { checkPlan, type Plan } from '@fewstep/solvers'
import type { Cacher } from './cacher.ts'
import { cacherOf, checkCachers } from './cacher-of.ts'
import { callsOf } from './calls.ts'
import type { Cell, Timetable } from './cell.ts'
import { CacherError } from './errors.ts'

/**
 * Checks the caches of a run with an adaptive solver. The number of its evaluations is not known before the run, so caches that
 * need a timetable cannot be used.
 *
 * @throws CacherError for a cache that needs a timetable
 */
export function checkUntimed(cachers: readonly Cacher[], solver: string): void {
  const timed = cachers.find(({ kind }) => kind !== 'reweighting')
  if (timed !== undefined)
    throw new CacherError(
      timed.name,
      'used with a solver that fixes its evaluations before the run (choose another solver, or leave the cache out)',
      solver,
    )
}

/**
 * What each evaluation of a plan computes when the given caches are used.
 *
 * Guidance and attention are decided first, because features kept for two conditions cannot be reused for one. Where the
 * number of conditions changes, and where T-GATE keeps its outputs, deep features are computed again and DeepCache counts from
 * there.
 *
 * @param options `guided`: whether an evaluation runs with two conditions unless a cache changes that
 * @throws CacherError for two caches of one kind
 */
export function timetable(plan: Plan, cachers: readonly Cacher[], options: { readonly guided: boolean }): Timetable {
  const { guided } = options
  checkCachers(cachers)
  const [deep, attention, forecast] = [
    cacherOf(cachers, 'deep-features'),
    cacherOf(cachers, 'attention'),
    cacherOf(cachers, 'forecast'),
  ]
  const guidance = cachers.filter(({ kind }) => kind === 'guidance') as readonly Extract<Cacher, { kind: 'guidance' }>[]
  const calls = callsOf(plan)
  const { views } = checkPlan(plan)
  const forecasts = forecast?.forecasts(calls)
  const cells: Cell[] = []
  let since = 0
  let hasDifference = false
  for (const call of calls) {
    const { step, stage, evaluation } = call
    const { cross, self } = attention?.cell(call) ?? { cross: 'compute', self: 'compute' }
    const wishes = guidance.map(cacher => cacher.cell(call))
    const alone = !guided || cross === 'reuse' || wishes.includes('alone')
    // A plan that uses the estimate without the prompt needs both conditions, whatever the guidance.
    const needsBoth = views[evaluation]!.has('unconditional')
    const branches = alone ? (needsBoth ? 'both' : 'alone') : wishes.includes('kept') && hasDifference ? 'kept' : 'both'
    if (branches === 'both') hasDifference = true
    const before = cells.at(-1)
    const changed = before !== undefined && (before.guidance === 'both') !== (branches === 'both')
    if ((changed || (cross === 'keep' && stage === 0)) && step !== since) since = step
    const needed = deep === undefined || changed || cross === 'keep' || self === 'keep'
    cells.push({
      step,
      stage,
      evaluation,
      output: forecasts?.[evaluation] === true && cross !== 'keep' ? 'forecast' : 'compute',
      deep: needed || deep.computes(call, since, calls) ? 'compute' : deep.decides === undefined ? 'reuse' : 'decide',
      cross,
      self,
      guidance: branches,
    })
  }
  return cells
}
