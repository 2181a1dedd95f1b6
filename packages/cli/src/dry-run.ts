import { type Cacher, printTimetable, timetable } from '@fewstep/cachers'
import { route } from '@fewstep/pipelines'
import { directory } from '@fewstep/runtime-node'
import { chooseRecipe } from '@fewstep/sampler/diffusers'
import { choicesOf } from './choices.ts'
import type { Request } from './request.ts'

/** What each network call would compute, as text or as JSON. The model's configuration is read, its graphs are not opened. */
export async function dryRun(request: Request, cachers: readonly Cacher[], json: boolean): Promise<string> {
  const { settings, folder } = request
  const { steps, guidance, strength } = settings
  const file = await directory(folder).read('scheduler/scheduler_config.json')
  const config: unknown = JSON.parse(new TextDecoder().decode(file))
  const { plan } = route(chooseRecipe(config, choicesOf(settings)), {}, steps, strength)
  const cells = timetable(plan, cachers, { guided: guidance !== 1 })
  if (json) return `${JSON.stringify({ ...settings, steps: plan.steps.length, evaluations: cells.length, cells })}\n`
  const calls = cells.filter(({ output }) => output === 'compute').length
  return `${printTimetable(cells)}\n\n${plan.steps.length} steps, ${calls} network calls\n`
}
