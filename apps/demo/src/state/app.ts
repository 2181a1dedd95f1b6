import type { Settings } from '@fewstep/pipelines/settings'
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { Engine } from '../engine/engine.ts'
import type { Device, ModelSource, Opened } from '../engine/messages.ts'
import { psnr } from '../image/psnr.ts'
import type { Report } from '../model/report.ts'
import { PageError } from '../page-error.ts'
import { callCounts, convergedLane, laneWithCalls } from '../plan/entrants.ts'
import type { UnetShares } from '../plan/planned.ts'
import { type Drawing, ended, finished, started, told, waiting } from './drawing.ts'
import type { Drafts } from './fields.ts'
import { type Place, settingsOf, start } from './place.ts'
import { type Heat, type Race, withHeat } from './race.ts'
import { type Task, tasks, until } from './tasks.ts'

type ModelState =
  | { readonly state: 'opening'; readonly words: string; readonly loaded?: number; readonly total?: number | undefined }
  | ({ readonly state: 'open' } & Opened)
  | { readonly state: 'failed'; readonly problem: string }

/** The state of the page, and what can be done in it. */
export type App = {
  /** The cost of each part of the model's U-Net, once it is known. */
  readonly shares: Signal<UnetShares | undefined>
  readonly place: Signal<Place>
  /** Texts in number fields that are no numbers; they stop the drawing. */
  readonly drafts: Signal<Drafts>
  readonly model: Signal<ModelState>
  readonly device: Signal<Device>
  readonly source: Signal<ModelSource>
  /** Whether another model or device is chosen, which waits until the current image is finished. */
  readonly changing: ReadonlySignal<boolean>
  /** What of a link or a file was not understood, and what was done. */
  readonly notices: Signal<readonly string[]>
  /** Whether the page would get more threads if it were loaded again. */
  readonly reloadHelps: Signal<boolean>
  readonly picture: Signal<Drawing | undefined>
  /** Finished images, the latest first. */
  readonly history: Signal<readonly Drawing[]>
  readonly left: Signal<Drawing | undefined>
  readonly right: Signal<Drawing | undefined>
  readonly race: Signal<Race | undefined>
  /** What draws, or waits to. Each view has one task, and none stops that of another. */
  readonly running: ReadonlySignal<ReadonlySet<Task>>
  readonly busy: ReadonlySignal<boolean>
  /** Goes to a place, and forgets what was typed and is no number. */
  show(place: Place): void
  /**
   * Opens a model on a device, each that of before where absent; `embedded` is the page's built-in model. What is being
   * drawn is finished first.
   */
  open(source?: ModelSource | 'embedded', device?: Device): Promise<void>
  generate(): Promise<void>
  compare(): Promise<void>
  startRace(): Promise<void>
  /** Stops one task; all where none is named. */
  stop(task?: Task): void
  /** Looks at a model without opening it. @throws EngineError in words */
  inspect(source: ModelSource): Promise<Report>
  /** Has {@link shares} found out, which takes a few seconds. */
  wantShares(): void
}

/** How many images the history keeps. */
const remembered = 24

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve))
}

/**
 * @param startEngine starts a worker: one draws, and one looks at models, which takes long and must not hold up the other
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
  const [place, drafts] = [signal<Place>(start), signal<Drafts>({})]
  const model = signal<ModelState>({ state: 'opening', words: loadingWords })
  const [device, source] = [signal<Device>('auto'), signal(embedded)]
  const changing = signal(false)
  const notices = signal<readonly string[]>([])
  const reloadHelps = signal(false)
  const [picture, left, right] = [signal<Drawing>(), signal<Drawing>(), signal<Drawing>()]
  const history = signal<readonly Drawing[]>([])
  const race = signal<Race>()
  let openingNow: AbortController | undefined
  let inUse: { readonly from: ModelSource; readonly on: Device } | undefined

  const settled = computed(() => !changing.value && model.value.state !== 'opening')
  const work = tasks(async stop => {
    await until(settled, isSettled => isSettled, stop)
    if (model.peek().state === 'failed')
      throw new PageError(
        'No image was drawn, because the model did not open: the message at the top of the page says why.',
        'model',
      )
  })

  /** Draws, and shows how far it is; the result says whether it was finished. */
  async function draw(
    settings: Settings,
    { stop, ready }: { readonly stop: AbortSignal; readonly ready: Promise<void> },
    show: (drawing: Drawing) => void,
  ): Promise<Drawing> {
    let drawing = waiting(settings, 'model')
    const update = (next: Drawing): Drawing => {
      drawing = next
      show(drawing)
      return drawing
    }
    if (!settled.peek()) update(drawing)
    try {
      await ready
      stop.throwIfAborted()
      const opened = model.peek()
      const by = opened.state === 'open' ? { model: { name: opened.name, device: opened.device } } : {}
      const waits = work.running.peek().size > 1
      update({ ...(waits ? waiting(settings, 'turn') : started(waiting(settings, 'turn'))), ...by })
      const result = await engine.ask(
        'draw',
        { settings },
        { signal: stop, onBegin: () => update(started(drawing)), onNews: news => update(told(drawing, news)) },
      )
      return update(finished(drawing, result))
    } catch (error) {
      return update(ended(drawing, error))
    }
  }

  async function open(from: ModelSource, on: Device): Promise<void> {
    openingNow?.abort()
    const own = new AbortController()
    openingNow = own
    const isLatest = () => own === openingNow
    try {
      if (work.drawing.peek()) {
        changing.value = true
        await until(work.drawing, draws => !draws, own.signal)
      }
      model.value = { state: 'opening', words: loadingWords }
      changing.value = false
      inUse = { from, on }
      const opened = await engine.ask(
        'open',
        { source: from, device: on },
        {
          signal: own.signal,
          onNews: news => {
            if (news.kind !== 'loading' || !isLatest()) return
            const { loaded, total } = news
            const words = loaded === total ? 'Starting the model' : loadingWords
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
    drafts,
    model,
    device,
    source,
    changing,
    notices,
    reloadHelps,
    picture,
    history,
    left,
    right,
    race,
    running: work.running,
    busy: computed(() => work.running.value.size > 0),
    show(to) {
      place.value = to
      drafts.value = {}
    },
    open(wanted = source.peek(), on = device.peek()) {
      const from = wanted === 'embedded' ? embedded : wanted
      source.value = from
      device.value = on
      if (!changing.peek() || inUse?.from !== from || inUse.on !== on) return open(from, on)
      // Back to the model and device in use before the change.
      openingNow?.abort()
      openingNow = undefined
      changing.value = false
      return Promise.resolve()
    },
    generate() {
      const { subject, lane } = place.peek()
      return work.run('generate', async (stop, ready) => {
        const drawing = await draw(settingsOf(subject, lane), { stop, ready }, now => {
          picture.value = now
        })
        if (drawing.state === 'done') history.value = [drawing, ...history.peek()].slice(0, remembered)
      })
    },
    compare() {
      const { subject, left: a, right: b } = place.peek()
      return work.run('compare', async (stop, ready) => {
        right.value = waiting(settingsOf(subject, b), settled.peek() ? 'left' : 'model')
        for (const [lane, shown] of [
          [a, left],
          [b, right],
        ] as const) {
          const { state } = await draw(settingsOf(subject, lane), { stop, ready }, now => {
            shown.value = now
            if (shown === left && now.state !== 'waiting' && right.peek()?.waitsFor === 'model')
              right.value = waiting(settingsOf(subject, b), 'left')
          })
          if (state === 'stopped') {
            if (shown === left) right.value = ended(right.peek()!, stop.reason)
            return
          }
        }
      })
    },
    startRace() {
      const { subject, lane, entrants, levels } = place.peek()
      const common = { guidance: lane.guidance, schedule: levels }
      const settings = settingsOf(subject, convergedLane(common))
      return work.run('race', async (stop, ready) => {
        const at = (converged: Drawing, heats: readonly Heat[] = []): void => {
          race.value = { converged, entrants, heats }
        }
        at(waiting(settings, settled.peek() ? 'turn' : 'model'))
        try {
          await ready
        } catch (error) {
          return at(ended(waiting(settings, 'model'), error))
        }
        const opened = model.peek()
        if (opened.state !== 'open') return
        const heats: Heat[] = []
        for (const solver of entrants) {
          // Plans are quick, many of them are not: the page stays free between solvers.
          await pause()
          if (stop.aborted) return at(ended(waiting(settings, 'turn'), stop.reason))
          for (const calls of callCounts)
            heats.push({ solver, calls, lane: laneWithCalls(opened.schedulerConfig, solver, calls, common) })
        }
        heats.sort((a, b) => a.calls - b.calls)
        at(waiting(settings, 'turn'), heats)
        const converged = await draw(settings, { stop, ready }, now => at(now, heats))
        const target = converged.drawn?.picture
        if (target === undefined) return
        for (const [index, heat] of heats.entries()) {
          if (heat.lane === undefined) continue
          const { drawn, state } = await draw(settingsOf(subject, heat.lane), { stop, ready }, drawing => {
            race.value = withHeat(race.peek()!, index, { drawing })
          })
          if (state === 'stopped') return
          if (drawn !== undefined) race.value = withHeat(race.peek()!, index, { psnr: psnr(drawn.picture, target) })
        }
      })
    },
    stop: work.stop,
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
  }
}

const loadingWords = 'Loading the model'
