import type { Settings } from '@fewstep/pipelines/settings'
import { type Choice, choices, type Lane, type Place, type Subject, start, type ViewName, views } from './place.ts'

/** A place read from a link, and what of the link was not understood, in words. */
export type Read = {
  readonly place: Place
  readonly problems: readonly string[]
  /** Whether the link is one that draws its picture when it is opened. */
  readonly draw: boolean
}

/** `#view?name=value&…`: what the view shows, and nothing else; with `draw` its picture is drawn when it is opened. */
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

/** The inverse. What the link does not say stays as it is in `before`, but for a lane, which a link says as a whole. */
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
      const guidance = readNumber(said, 'guidance', before.lane.guidance, finite, problems)
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
    seed: readNumber(said, 'seed', before.seed, whole, problems),
  }
}

function readLane(said: URLSearchParams, prefix: string, before: Lane, problems: string[]): Lane {
  if (![...said.keys()].some(key => key.startsWith(prefix) && laneKeys.includes(key.slice(prefix.length))))
    return before
  return {
    steps: readNumber(said, `${prefix}steps`, before.steps, countable, problems),
    guidance: readNumber(said, `${prefix}guidance`, before.guidance, finite, problems),
    ...chosen(key => said.get(`${prefix}${key}`)),
    caches: said.getAll(`${prefix}cache`).filter(cache => cache !== ''),
  }
}

const laneKeys: readonly string[] = ['steps', 'guidance', ...choices, 'cache']

/** The choices that are made. */
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

type Check = { readonly holds: (value: number) => boolean; readonly expected: string }

const finite: Check = { holds: Number.isFinite, expected: 'a number' }
const whole: Check = { holds: Number.isSafeInteger, expected: 'a whole number' }
const countable: Check = {
  holds: value => Number.isSafeInteger(value) && value >= 1 && value <= 1000,
  expected: 'a whole number from 1 to 1000',
}

function readNumber(said: URLSearchParams, key: string, otherwise: number, check: Check, problems: string[]): number {
  const text = said.get(key)
  if (text === null) return otherwise
  if (text.trim() !== '' && check.holds(Number(text))) return Number(text)
  problems.push(`The link says ${key} = “${text}”, which is not ${check.expected}; ${otherwise} is used.`)
  return otherwise
}

/** What a picture carries of how it was drawn that this page has no place for, in words. */
export function lossesOf({ image, width, height, model }: Settings): readonly string[] {
  return [
    ...(image === undefined ? [] : [`It was drawn from the picture ${image.file}; this page draws from words alone.`]),
    ...(width === undefined && height === undefined
      ? []
      : [`It was asked to be ${width ?? '?'}×${height ?? '?'} pixels; this page draws in the model's own size.`]),
    ...(model?.folder === undefined ? [] : [`It was drawn by the model ${model.folder}: open it under “Your model”.`]),
  ]
}

/** What a picture carries, as a place to draw it again. */
export function placeOf(settings: Settings, before: Place = start): Place {
  const { prompt, negative, seed, steps, guidance, caches = [] } = settings
  const lane: Lane = { steps, guidance, ...chosen(key => settings[key]), caches }
  return { ...before, view: 'generate', subject: { prompt, negative, seed }, lane }
}
