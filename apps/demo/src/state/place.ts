import type { Settings } from '@fewstep/pipelines/settings'

/** What is drawn. */
export type Subject = Pick<Settings, 'prompt' | 'negative' | 'seed'>

/** What of a lane is chosen by name; where absent, the model's default. */
export const choices = ['solver', 'schedule', 'noise'] as const
export type Choice = (typeof choices)[number]

/** How it is drawn. */
export type Lane = Pick<Settings, 'steps' | 'guidance' | Choice> & {
  readonly caches: readonly string[]
}

export const views = ['generate', 'compare', 'race', 'model'] as const
export type ViewName = (typeof views)[number]

/** The contents of a link: the view and its settings. */
export type Place = {
  readonly view: ViewName
  readonly subject: Subject
  readonly lane: Lane
  readonly left: Lane
  readonly right: Lane
  /** The solvers of the race, by name. */
  readonly entrants: readonly string[]
  /** The schedule of the race, the same for all. */
  readonly levels: string
}

/** The default of Stable Diffusion's pipelines: the solver and the schedule of the model's scheduler configuration. */
export const modelDefault: Lane = { steps: 25, guidance: 7.5, caches: [] }

/** What the card of the built-in model recommends. */
export const recommended: Lane = { steps: 12, guidance: 7.5, solver: 'dpmpp-2m', caches: [] }

export const start: Place = {
  view: 'generate',
  subject: { prompt: 'a red apple', negative: '', seed: 7 },
  lane: recommended,
  left: modelDefault,
  right: recommended,
  // Every run begins at the noisiest level, so that they differ by their solvers alone.
  levels: 'trailing',
  entrants: [
    'ddim',
    'pndm',
    'deis-3',
    'dpm-2m',
    'dpmpp-2m',
    'dpmpp-2s',
    'dpmpp-2m-sde',
    'unipc-2',
    'unipc-3',
    'edm',
    'tcd',
  ],
}

/** A lane with another choice, or with the model's default. */
export function withChoice(lane: Lane, key: Choice, value: string | undefined): Lane {
  const { [key]: _, ...others } = lane
  return value === undefined ? others : { ...others, [key]: value }
}

export function settingsOf(subject: Subject, lane: Lane): Settings {
  return { ...subject, ...lane }
}
