import { stderr } from 'node:process'
import { type Cacher, type Costs, cacherOf, printTimetable, timetable, workOfTimetable } from '@fewstep/cachers'
import { GraphError, readModel, unetCosts } from '@fewstep/onnx-graph'
import {
  type AdaptiveRoute,
  guidanceOf,
  readSchedulerConfig,
  route,
  unetSizes,
  unusedNegative,
} from '@fewstep/pipelines'
import { decide, type Settings } from '@fewstep/pipelines/settings'
import { directory } from '@fewstep/runtime-node'
import type { NoiseLevel } from '@fewstep/schedules'
import { seedToJson } from '@fewstep/tensor'
import type { Request } from './request.ts'

/** Describes what each model evaluation would compute, as text or as JSON. Reads the model's files, but opens no graph. */
export async function dryRun(request: Request, cachers: readonly Cacher[], json: boolean): Promise<string> {
  const { settings, folder } = request
  const { steps, guidance, negative, strength } = settings
  const files = directory(folder)
  const { recipe, solver } = decide(await readSchedulerConfig(files), settings)
  if (solver !== undefined) {
    const way = route(recipe, { solver }, steps, strength)
    warnOf(guidanceOf(way, guidance))
    return unplanned(settings, way, json)
  }
  const way = route(recipe, {}, steps, strength)
  const { plan } = way
  const { scale, guided } = guidanceOf(way, guidance)
  warnOf({ guided })
  const cells = timetable(plan, cachers, { guided: scale !== 1 })
  const work = await shareOf()
  const evaluations = cells.filter(({ output }) => output === 'compute').length
  if (json)
    return `${JSON.stringify({ ...settings, seed: seedToJson(settings.seed), steps: plan.steps.length, evaluations, work, cells })}\n`
  const share = work === undefined ? '' : `, ${(100 * work).toFixed(0)} % of the multiply-adds`
  const fewer = cacherOf(cachers, 'adaptive-output') === undefined ? '' : ' at most'
  // Evaluations whose reuse is decided during the run count in full.
  const decides =
    cells.some(({ deep }) => deep === 'decide') ||
    (guided && cachers.some(cacher => cacher.kind === 'guidance' && cacher.until !== undefined))
  const less = decides && share !== '' ? ' at most' : ''
  return `${printTimetable(cells)}\n\n${plan.steps.length} steps, ${evaluations} model evaluations${fewer}${share}${less}\n`

  function warnOf(run: { readonly guided: boolean }): void {
    const unused = unusedNegative(negative, guidance, run)
    if (unused !== undefined) stderr.write(`warning: ${unused}\n`)
  }

  /** `undefined` where the graph lacks these parts, or has sizes that only a run determines. */
  async function shareOf(): Promise<number | undefined> {
    const branch = cacherOf(cachers, 'deep-features')?.branch
    try {
      const unet = readModel(await files.read('unet/model.onnx'))
      const sizes = await unetSizes(files, unet, settings)
      const { shallow, cross, self } = unetCosts(unet, sizes, branch === undefined ? [] : [branch])
      const costs: Costs = { shallow: shallow[0]?.share ?? 1, cross, self }
      return workOfTimetable(cells, costs) / workOfTimetable(timetable(plan, [], { guided: scale !== 1 }), costs)
    } catch (error) {
      if (error instanceof GraphError && branch === undefined) return undefined
      throw error
    }
  }
}

/** The dry run of a solver that chooses its steps during the run. */
function unplanned(settings: Settings, { solver, levels }: AdaptiveRoute, json: boolean): string {
  if (json)
    return `${JSON.stringify({ ...settings, seed: seedToJson(settings.seed), steps: null, evaluations: null, work: null, cells: null })}\n`
  const rho = ({ alpha, sigma }: NoiseLevel): string => (sigma / alpha).toPrecision(3)
  const ends = `from sigma/alpha ${rho(levels[0]!)} to ${rho(levels.findLast(({ sigma }) => sigma > 0)!)}`
  return `${solver.name} chooses its steps during the run, ${ends}; the number of model evaluations is not known in advance\n`
}
