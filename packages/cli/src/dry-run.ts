import { type Cacher, cacherOf, printTimetable, shareOfWork, timetable } from '@fewstep/cachers'
import { GraphError, readModel, unetCosts } from '@fewstep/onnx-graph'
import { type AdaptiveRoute, readSchedulerConfig, route, unetSizes } from '@fewstep/pipelines'
import { decide, type Settings } from '@fewstep/pipelines/settings'
import { directory } from '@fewstep/runtime-node'
import type { NoiseLevel } from '@fewstep/schedules'
import type { Request } from './request.ts'

/** What each network call would compute, as text or as JSON. The model's files are read, its graphs are not opened. */
export async function dryRun(request: Request, cachers: readonly Cacher[], json: boolean): Promise<string> {
  const { settings, folder } = request
  const { steps, guidance, strength } = settings
  const guided = guidance !== 1
  const files = directory(folder)
  const { recipe, solver } = decide(await readSchedulerConfig(files), settings)
  if (solver !== undefined) {
    return unplanned(settings, route(recipe, { solver }, steps, strength), json)
  }
  const { plan } = route(recipe, {}, steps, strength)
  const cells = timetable(plan, cachers, { guided })
  const work = await shareOf()
  const calls = cells.filter(({ output }) => output === 'compute').length
  if (json) return `${JSON.stringify({ ...settings, steps: plan.steps.length, evaluations: calls, work, cells })}\n`
  const share = work === undefined ? '' : `, ${(100 * work).toFixed(0)} % of the multiply-adds`
  const fewer = cacherOf(cachers, 'adaptive-output') === undefined ? '' : ' at most'
  // What is decided on the way counts as whole.
  const less = cells.some(({ deep }) => deep === 'decide') && share !== '' ? ' at most' : ''
  return `${printTimetable(cells)}\n\n${plan.steps.length} steps, ${calls} network calls${fewer}${share}${less}\n`

  /** `undefined` where the graph has no such parts, or sizes that only a run would tell. */
  async function shareOf(): Promise<number | undefined> {
    const branch = cacherOf(cachers, 'deep-features')?.branch
    try {
      const unet = readModel(await files.read('unet/model.onnx'))
      const sizes = await unetSizes(files, unet, settings)
      const { shallow, cross, self } = unetCosts(unet, sizes, branch === undefined ? [] : [branch])
      return shareOfWork(cells, { shallow: shallow[0]?.share ?? 1, cross, self }, { guided })
    } catch (error) {
      if (error instanceof GraphError && branch === undefined) return undefined
      throw error
    }
  }
}

/** Of a solver that finds its steps on the way. */
function unplanned(settings: Settings, { solver, levels }: AdaptiveRoute, json: boolean): string {
  if (json) return `${JSON.stringify({ ...settings, steps: null, evaluations: null, work: null, cells: null })}\n`
  const rho = ({ alpha, sigma }: NoiseLevel): string => (sigma / alpha).toPrecision(3)
  const ends = `from sigma/alpha ${rho(levels[0]!)} to ${rho(levels.findLast(({ sigma }) => sigma > 0)!)}`
  return `${solver.name} finds its steps on the way ${ends}; how many network calls that takes is not known beforehand\n`
}
