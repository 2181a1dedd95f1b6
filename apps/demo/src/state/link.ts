import type { Settings } from '@fewstep/pipelines/settings'
import { type Field, guidanceField, seedField, stepsField } from './fields.ts'
import { type Choice, choices, type Lane, type Place, type Subject, start, type ViewName, views } from './place.ts'

/** A place read from a link, and what of the link was not understood, in words. */
export type Read = {
  readonly place: Place
  readonly problems: readonly string[]
  /** Whether the link asks to draw when it is opened. */
  readonly draw: boolean
}

/** `#view?name=value&…`: what the view shows, and nothing else; with `draw` the image is drawn when the link is opened. */
export function printHash(place: Place, options: { readonly draw?: boolean } = {}): string {
  const { view, subject, lane, left, right, entrants, levels } = place
  if (view === 'model') return `#${view}`
  const pairs: (readonly [string, string])[] = [
    ['prompt', subject.prompt],
    ...(subject.negative === '' ? [] : [['negative', subject.negative] as const]),
    ['seed', String(subject.seed)],
    ...(view === 'generate' ? lanePairs(lane, '') : []),
    ...(view === 'compare' ? [...lanePairs(left, 'left.'), ...lanePairs(right, 'right.')] : []),
    ...(options.draw === true ? [['draw', '1'] as const] : []),
    ...(view === 'race'
      ? [
          ['guidance', String(lane.guidance)] as const,
          ['schedule', levels] as const,
          ['solvers', entrants.join(' ')] as const,
        ]
      : []),
  ]
  return `#${view}?${new URLSearchParams(pairs.map(pair => [...pair]))}`
}

/** The inverse. Settings that the link does not contain stay as in `before`, except for lanes: a link always contains a complete lane. */
export function parseHash(hash: string, before: Place = start): Read {
  const [name = '', query = ''] = hash.replace(/^#/, '').split(/\?(.*)/s)
  const view = views.find(view => view === name)
  const problems: string[] = []
  if (view === undefined) {
    if (name !== '') problems.push(`There is no view “${name}”: this page has ${views.join(', ')}.`)
    return { place: before, problems, draw: false }
  }
  const said = new URLSearchParams(query)
  const place = { ...before, view, subject: readSubject(said, before.subject, problems) }
  const draw = view === 'generate' && said.get('draw') === '1'
  return { place: { ...place, ...readLanes(view, said, before, problems) }, problems, draw }
}

function readLanes(view: ViewName, said: URLSearchParams, before: Place, problems: string[]): Partial<Place> {
  switch (view) {
    case 'generate':
      return { lane: readLane(said, '', before.lane, problems) }
    case 'compare':
      return {
        left: readLane(said, 'left.', before.left, problems),
        right: readLane(said, 'right.', before.right, problems),
      }
    case 'race': {
      const guidance = read(said, 'guidance', before.lane.guidance, guidanceField, problems)
      const solvers = said
        .get('solvers')
        ?.split(' ')
        .filter(name => name !== '')
      const levels = said.get('schedule')
      return {
        lane: { ...before.lane, guidance },
        ...(levels === null || levels === '' ? {} : { levels }),
        ...(solvers === undefined ? {} : { entrants: solvers }),
      }
    }
    case 'model':
      return {}
  }
}

function readSubject(said: URLSearchParams, before: Subject, problems: string[]): Subject {
  const prompt = said.get('prompt')
  return {
    prompt: prompt ?? before.prompt,
    negative: said.get('negative') ?? (prompt === null ? before.negative : ''),
    seed: read(said, 'seed', before.seed, seedField, problems),
  }
}

function readLane(said: URLSearchParams, prefix: string, before: Lane, problems: string[]): Lane {
  if (![...said.keys()].some(key => key.startsWith(prefix) && laneKeys.includes(key.slice(prefix.length))))
    return before
  return {
    steps: read(said, `${prefix}steps`, before.steps, stepsField, problems),
    guidance: read(said, `${prefix}guidance`, before.guidance, guidanceField, problems),
    ...chosen(key => said.get(`${prefix}${key}`)),
    caches: said.getAll(`${prefix}cache`).filter(cache => cache !== ''),
  }
}

const laneKeys: readonly string[] = ['steps', 'guidance', ...choices, 'cache']

/** The choices that are set. */
function chosen(of: (key: Choice) => string | null | undefined): Partial<Record<Choice, string>> {
  return Object.fromEntries(choices.map(key => [key, of(key)]).filter(([, value]) => (value ?? '') !== ''))
}

function lanePairs(lane: Lane, prefix: string): readonly [string, string][] {
  const { steps, guidance, caches } = lane
  const pairs: readonly (readonly [string, string])[] = [
    ['steps', String(steps)],
    ['guidance', String(guidance)],
    ...Object.entries(chosen(key => lane[key])),
    ...caches.map(cache => ['cache', cache] as const),
  ]
  return pairs.map(([key, value]) => [`${prefix}${key}`, value])
}

function read<T>(said: URLSearchParams, key: string, otherwise: T, field: Field<T>, problems: string[]): T {
  const text = said.get(key)
  if (text === null) return otherwise
  const value = field.parse(text)
  if (value !== undefined) return value
  problems.push(`The link says ${key} = “${text}”, which is not ${field.expected}; ${field.print(otherwise)} is used.`)
  return otherwise
}

/** The settings of an image that this page cannot take over, in words. */
export function lossesOf({ image, width, height, model }: Settings): readonly string[] {
  return [
    ...(image === undefined ? [] : [`It was drawn from the image ${image.file}; this page draws from a prompt alone.`]),
    ...(width === undefined && height === undefined
      ? []
      : [`It was asked to be ${width ?? '?'}×${height ?? '?'} pixels; this page draws at the model's size.`]),
    ...(model?.folder === undefined ? [] : [`It was drawn by the model ${model.folder}: open it under “Your model”.`]),
  ]
}

/** The settings of an image, as a place that draws it again. */
export function placeOf(settings: Settings, before: Place = start): Place {
  const { prompt, negative, seed, steps, guidance, caches = [] } = settings
  const lane: Lane = { steps, guidance, ...chosen(key => settings[key]), caches }
  return { ...before, view: 'generate', subject: { prompt, negative, seed }, lane }
}
