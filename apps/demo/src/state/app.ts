import type { Settings } from '@fewstep/pipelines/settings'
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { Engine } from '../engine/engine.ts'
import type { Device, ModelSource, Opened } from '../engine/messages.ts'
import type { Report } from '../model/report.ts'
import { psnr } from '../picture/psnr.ts'
import { callCounts, convergedLane, laneWithCalls } from '../plan/entrants.ts'
import type { UnetShares } from '../plan/planned.ts'
import { type Drawing, ended, finished, told, waiting } from './drawing.ts'
import { type Place, settingsOf, start } from './place.ts'
import { type Heat, type Race, withHeat } from './race.ts'

type ModelState =
  | { readonly state: 'opening'; readonly words: string; readonly loaded?: number; readonly total?: number | undefined }
  | ({ readonly state: 'open' } & Opened)
  | { readonly state: 'failed'; readonly problem: string }

/** All that the page knows, and what can be done in it. */
export type App = {
  /** What the parts of the model's U-Net cost, once it is known. */
  readonly shares: Signal<UnetShares | undefined>
  readonly place: Signal<Place>
  readonly model: Signal<ModelState>
  readonly device: Signal<Device>
  readonly source: Signal<ModelSource>
  /** What a link or a file said that was not understood. */
  readonly notices: Signal<readonly string[]>
  readonly picture: Signal<Drawing | undefined>
  /** Finished pictures, the latest first. */
  readonly history: Signal<readonly Drawing[]>
  readonly left: Signal<Drawing | undefined>
  readonly right: Signal<Drawing | undefined>
  readonly race: Signal<Race | undefined>
  readonly busy: ReadonlySignal<boolean>
  /** The source is that of before where absent; `embedded` is the page's own model. */
  open(source?: ModelSource | 'embedded', device?: Device): Promise<void>
  generate(): Promise<void>
  compare(): Promise<void>
  startRace(): Promise<void>
  stop(): void
  /** Looks at a model without opening it. @throws EngineError in words */
  inspect(source: ModelSource): Promise<Report>
  /** Has {@link shares} found out, which takes a few seconds. */
  wantShares(): void
}

/** How many pictures the history keeps. */
const remembered = 24

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve))
}

/**
 * @param startEngine starts a worker: one draws, and one looks at models, which takes long and is not to hold up the other
 * @param embedded the model that the page opens with
 */
export function createApp(startEngine: (name: string) => Engine, embedded: ModelSource): App {
  const engine = startEngine('draws')
  let looking: Engine | undefined
  const looks = (): Engine => {
    looking ??= startEngine('looks')
    return looking
  }
  const shares = signal<UnetShares>()
  let sharesWanted: ModelSource | undefined
  const place = signal<Place>(start)
  const model = signal<ModelState>({ state: 'opening', words: 'Opening the model' })
  const [device, source] = [signal<Device>('auto'), signal(embedded)]
  const notices = signal<readonly string[]>([])
  const [picture, left, right] = [signal<Drawing>(), signal<Drawing>(), signal<Drawing>()]
  const history = signal<readonly Drawing[]>([])
  const race = signal<Race>()
  const work = signal<AbortController>()
  let opening: Promise<void> = Promise.resolve()
  let openingNow: AbortController | undefined

  /** One activity at a time: what runs already is stopped. */
  async function activity(act: (stop: AbortSignal) => Promise<void>): Promise<void> {
    work.peek()?.abort()
    const own = new AbortController()
    work.value = own
    try {
      await opening
      await act(own.signal)
    } finally {
      if (work.peek() === own) work.value = undefined
    }
  }

  /** Draws, and shows how far it is; the result tells whether it was finished. */
  async function draw(settings: Settings, stop: AbortSignal, show: (drawing: Drawing) => void): Promise<Drawing> {
    let drawing = waiting(settings)
    const update = (next: Drawing): Drawing => {
      drawing = next
      show(drawing)
      return drawing
    }
    update(drawing)
    try {
      const drawn = await engine.ask(
        'draw',
        { settings },
        { signal: stop, onNews: news => update(told(drawing, news)) },
      )
      return update(finished(drawing, drawn))
    } catch (error) {
      return update(ended(drawing, error))
    }
  }

  async function open(from: ModelSource, on: Device): Promise<void> {
    openingNow?.abort()
    const own = new AbortController()
    openingNow = own
    const isLatest = () => own === openingNow
    model.value = { state: 'opening', words: 'Opening the model' }
    try {
      const opened = await engine.ask(
        'open',
        { source: from, device: on },
        {
          signal: own.signal,
          onNews: news => {
            if (news.kind !== 'loading' || !isLatest()) return
            const { loaded, total } = news
            const words = loaded === total ? 'Starting the model' : 'Fetching the model'
            model.value = { state: 'opening', words, loaded, total }
          },
        },
      )
      if (isLatest()) model.value = { state: 'open', ...opened }
    } catch (error) {
      if (isLatest()) model.value = { state: 'failed', problem: (error as Error).message }
    }
  }

  return {
    shares,
    place,
    model,
    device,
    source,
    notices,
    picture,
    history,
    left,
    right,
    race,
    busy: computed(() => work.value !== undefined),
    open(wanted = source.peek(), on = device.peek()) {
      const from = wanted === 'embedded' ? embedded : wanted
      work.peek()?.abort()
      source.value = from
      device.value = on
      opening = open(from, on)
      return opening
    },
    generate() {
      return activity(async stop => {
        const { subject, lane } = place.peek()
        const drawing = await draw(settingsOf(subject, lane), stop, now => {
          picture.value = now
        })
        if (drawing.state === 'done') history.value = [drawing, ...history.peek()].slice(0, remembered)
      })
    },
    compare() {
      return activity(async stop => {
        const { subject, left: a, right: b } = place.peek()
        right.value = waiting(settingsOf(subject, b))
        for (const [lane, shown] of [
          [a, left],
          [b, right],
        ] as const) {
          const { state } = await draw(settingsOf(subject, lane), stop, now => {
            shown.value = now
          })
          if (state === 'stopped') {
            if (shown === left) right.value = ended(right.peek()!, stop.reason)
            return
          }
        }
      })
    },
    startRace() {
      return activity(async stop => {
        const opened = model.peek()
        if (opened.state !== 'open') return
        const { subject, lane, entrants, levels } = place.peek()
        const common = { guidance: lane.guidance, schedule: levels }
        const settings = settingsOf(subject, convergedLane(common))
        race.value = { converged: waiting(settings), heats: [] }
        const heats: Heat[] = []
        for (const solver of entrants) {
          // Plans are quick, many of them are not: the page stays free between solvers.
          await pause()
          if (stop.aborted) {
            race.value = { converged: ended(waiting(settings), stop.reason), heats: [] }
            return
          }
          for (const calls of callCounts)
            heats.push({ solver, calls, lane: laneWithCalls(opened.schedulerConfig, solver, calls, common) })
        }
        heats.sort((a, b) => a.calls - b.calls)
        race.value = { converged: waiting(settings), heats }
        const converged = await draw(settings, stop, now => {
          race.value = { ...race.peek()!, converged: now }
        })
        const target = converged.drawn?.picture
        if (target === undefined) return
        for (const [index, heat] of heats.entries()) {
          if (heat.lane === undefined) continue
          const { drawn, state } = await draw(settingsOf(subject, heat.lane), stop, drawing => {
            race.value = withHeat(race.peek()!, index, { drawing })
          })
          if (state === 'stopped') return
          if (drawn !== undefined) race.value = withHeat(race.peek()!, index, { psnr: psnr(drawn.picture, target) })
        }
      })
    },
    inspect: source => looks().ask('inspect', { source }),
    wantShares() {
      const wanted = source.peek()
      if (sharesWanted === wanted) return
      sharesWanted = wanted
      shares.value = undefined
      const tell = (found: UnetShares | undefined): void => {
        if (sharesWanted === wanted) shares.value = found
      }
      // A model whose costs cannot be found still draws: they are shown as unknown.
      looks()
        .ask('shares', { source: wanted })
        .then(tell, () => tell(undefined))
    },
    stop() {
      work.peek()?.abort()
    },
  }
}
