import type { VNode } from 'preact'
import { useApp } from '../parts/context.ts'
import { DrawingView } from '../parts/drawing-view.tsx'
import { History } from '../parts/history.tsx'
import { LaneForm } from '../parts/lane-form.tsx'
import { SubjectForm } from '../parts/subject-form.tsx'
import { usePlanned } from '../parts/use-planned.ts'
import { lossesOf, placeOf, printHash } from '../state/link.ts'
import { count } from '../words.ts'

export function GenerateView(): VNode {
  const app = useApp()
  const place = app.place.value
  const drawing = app.picture.value
  const { run, problem } = usePlanned(place.lane)
  const isOpen = app.model.value.state === 'open'
  return (
    <div class="generate">
      <section class="stage" aria-label="Picture">
        <DrawingView drawing={drawing} place="Picture" />
        <div class="actions">
          <button type="button" disabled={drawing?.drawn === undefined} onClick={() => void download()}>
            Download PNG
          </button>
          <button type="button" disabled={drawing?.drawn === undefined} onClick={() => void copyLink()}>
            Copy link
          </button>
          <label class="button">
            Settings from a PNG
            <input type="file" accept="image/png" class="unseen" onChange={event => void read(event.currentTarget)} />
          </label>
        </div>
        <History />
      </section>
      <section class="what" aria-label="What is drawn">
        <SubjectForm action="Generate" problem={problem} onSubmit={() => void app.generate()} />
      </section>
      <section class="how" aria-label="How it is drawn">
        <LaneForm
          lane={place.lane}
          onChange={lane => {
            app.place.value = { ...place, lane }
          }}
        />
        {run !== undefined && (
          <p class="hint">
            {count(run.plan.steps.length, 'step')} of {run.recipe.solver.name}: {run.atMost ? 'at most ' : ''}
            {count(run.calls, 'network call')}.
          </p>
        )}
        {isOpen && run === undefined && problem === undefined && (
          <p class="hint">It finds its steps on the way: how many calls that takes is not known before.</p>
        )}
      </section>
    </div>
  )

  async function download(): Promise<void> {
    if (drawing?.drawn === undefined) return
    const { fileName, toPng } = await png()
    const url = URL.createObjectURL(new Blob([toPng(drawing.drawn.picture, drawing.settings)], { type: 'image/png' }))
    const link = Object.assign(document.createElement('a'), { href: url, download: fileName(drawing.settings) })
    link.click()
    // The download has its own hold of the bytes once it has begun.
    setTimeout(() => URL.revokeObjectURL(url), 10_000)
  }

  async function copyLink(): Promise<void> {
    if (drawing === undefined) return
    const link = new URL(printHash(placeOf(drawing.settings, place), { draw: true }), location.href).href
    try {
      await navigator.clipboard.writeText(link)
      app.notices.value = ['The link is copied: it draws this very picture again.']
    } catch {
      app.notices.value = [`This browser does not let the page copy; here is the link: ${link}`]
    }
  }

  async function read(input: HTMLInputElement): Promise<void> {
    const [file] = input.files ?? []
    input.value = ''
    if (file === undefined) return
    try {
      const { settingsOfPng } = await png()
      const settings = settingsOfPng(new Uint8Array(await file.arrayBuffer()))
      app.place.value = placeOf(settings, place)
      app.notices.value = [`The settings of ${file.name} are set.`, ...lossesOf(settings)]
    } catch (error) {
      app.notices.value = [(error as Error).message]
    }
  }
}

/** Fetched when it is asked for: the page is there sooner without it. */
const png = () => import('../picture/png.ts')
