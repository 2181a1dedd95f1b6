import type { AdaptiveRoute, Route } from './route.ts'

/** The guidance of a run. */
export type RunGuidance = {
  /** `F = F_u + scale·(F_c − F_u)`. 1 is no guidance; for any other number the timetable is `guided`. */
  readonly scale: number
  /** Whether the run uses the negative prompt's condition. */
  readonly guided: boolean
}

/**
 * The scale of a run, and whether it uses the negative prompt. As in diffusers' pipelines, a guidance of 1 or less is no
 * guidance: only the prompt's condition is evaluated (`do_classifier_free_guidance` is `guidance_scale > 1`; SD-Turbo is
 * documented with 0).
 *
 * CFG++ solvers step from the estimate without guidance, so they evaluate both conditions at every scale. Their scale is λ of
 * arXiv 2406.08070, from 0 to 1, as in ComfyUI (diffusers has no such solver).
 */
export function guidanceOf(route: Pick<Route, 'plan'> | AdaptiveRoute, guidance: number): RunGuidance {
  if (usesUnconditional(route)) return { scale: guidance, guided: true }
  return guidance > 1 ? { scale: guidance, guided: true } : { scale: 1, guided: false }
}

/** The warning for a negative prompt that a run does not use; `undefined` where it is empty or used. */
export function unusedNegative(
  negativePrompt: string,
  guidance: number,
  { guided }: Pick<RunGuidance, 'guided'>,
): string | undefined {
  if (guided || negativePrompt.trim() === '') return undefined
  return `the negative prompt has no effect at guidance ${guidance}, since 1 or less is no guidance; raise guidance above 1 to use it`
}

/** Whether a plan steps from the estimate without guidance, at any scale. */
function usesUnconditional(route: Pick<Route, 'plan'> | AdaptiveRoute): boolean {
  if (!('plan' in route)) return false
  return route.plan.steps.some(({ evaluations, output }) =>
    [output, ...evaluations.map(({ input }) => input)].some(sum =>
      sum.some(({ slot }) => slot.kind === 'evaluation' && slot.view === 'unconditional'),
    ),
  )
}
