import { checkPlan, type Plan } from '@fewstep/solvers'
import type { Cacher } from './cacher.ts'
import { cacherOf } from './cacher-of.ts'
import { callsOf } from './calls.ts'
import type { Cell, Timetable } from './cell.ts'
import { CacherError } from './errors.ts'

/**
 * Caches for a run whose calls are not known beforehand: only those that need no timetable.
 *
 * @throws CacherError for any other
 */
export function checkUntimed(cachers: readonly Cacher[], solver: string): void {
  const timed = cachers.find(({ kind }) => kind !== 'reweighting')
  if (timed !== undefined)
    throw new CacherError(
      timed.name,
      'used with a solver whose calls are known beforehand (take another solver, or leave the cache out)',
      solver,
    )
}

/**
 * What each call of a plan computes under some caches.
 *
 * Guidance and attention are settled first, since what was kept of two branches is of no use to one: where the branches
 * change, and where T-GATE keeps its outputs, deep features are computed anew and DeepCache counts from there.
 *
 * @param options `guided`: whether evaluations ask two conditions where no cache says otherwise
 * @throws CacherError where two caches of one kind are given
 */
export function timetable(plan: Plan, cachers: readonly Cacher[], options: { readonly guided: boolean }): Timetable {
  const { guided } = options
  const [deep, attention, forecast] = [
    cacherOf(cachers, 'deep-features'),
    cacherOf(cachers, 'attention'),
    cacherOf(cachers, 'forecast'),
  ]
  const adaptive = cacherOf(cachers, 'adaptive-output')
  if (forecast !== undefined && adaptive !== undefined)
    throw new CacherError('cachers', 'one cache of whole outputs', `${forecast.name} and ${adaptive.name}`)
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
    // A plan that steps from the estimate without guidance asks both whatever the guidance.
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
