import type { VNode } from 'preact'
import { missingPart } from '../engine/plain-words.ts'
import { PageError } from '../page-error.ts'
import { useApp } from '../parts/context.ts'
import { DrawingView } from '../parts/drawing-view.tsx'
import { History } from '../parts/history.tsx'
import { LaneForm } from '../parts/lane-form.tsx'
import { RunSummary } from '../parts/run-summary.tsx'
import { SubjectForm } from '../parts/subject-form.tsx'
import { usePlanned } from '../parts/use-planned.ts'
import { useStale } from '../parts/use-stale.ts'
import { unusedOf } from '../plan/planned.ts'
import { lossesOf, placeOf, printHash } from '../state/link.ts'
import { settingsOf } from '../state/place.ts'

export function GenerateView(): VNode {
  const app = useApp()
  const place = app.place.value
  const drawing = app.picture.value
  const { run, problem } = usePlanned(place.lane)
  const isStale = useStale()
  const has = drawing?.drawn !== undefined
  return (
    <div class="generate">
      <section class="what" aria-label="What to draw">
        <SubjectForm
          task="generate"
          action="Generate"
          fields={['lane.']}
          problem={problem}
          unused={unusedOf(place.subject.negative, place.lane, run)}
          onSubmit={() => void app.generate()}
        />
      </section>
      <section class="stage" aria-label="Image">
        <DrawingView
          drawing={drawing}
          place="Image"
          stale={
            isStale(drawing, settingsOf(place.subject, place.lane))
              ? 'The settings have changed: this image was drawn with those above.'
              : undefined
          }
        />
        <div class="actions">
          <button type="button" aria-disabled={!has} onClick={() => void download()}>
            Download PNG
          </button>
          <button type="button" aria-disabled={!has} onClick={() => void copyLink()}>
            Copy link
          </button>
          <label class="button">
            Settings from a PNG
            <input type="file" accept="image/png" class="unseen" onChange={event => void read(event.currentTarget)} />
          </label>
        </div>
        <History />
      </section>
      <section class="how" aria-label="How to draw it">
        <LaneForm
          name="lane"
          lane={place.lane}
          onChange={lane => {
            app.place.value = { ...place, lane }
          }}
        />
        <RunSummary run={run} problem={problem} />
      </section>
    </div>
  )

  async function download(): Promise<void> {
    if (drawing?.drawn === undefined) return
    try {
      const { fileName, toPng } = await png()
      const url = URL.createObjectURL(new Blob([toPng(drawing.drawn.picture, drawing.settings)], { type: 'image/png' }))
      const link = Object.assign(document.createElement('a'), { href: url, download: fileName(drawing.settings) })
      link.click()
      // A download that has begun keeps the bytes itself.
      setTimeout(() => URL.revokeObjectURL(url), 10_000)
    } catch (error) {
      app.notices.value = [(error as Error).message]
    }
  }

  async function copyLink(): Promise<void> {
    if (drawing?.drawn === undefined) return
    const link = new URL(printHash(placeOf(drawing.settings, place), { draw: true }), location.href).href
    try {
      await navigator.clipboard.writeText(link)
      app.notices.value = ['The link is copied. It draws the same image again.']
    } catch {
      app.notices.value = [`This browser does not let the page copy the link. Here it is: ${link}`]
    }
  }

  async function read(input: HTMLInputElement): Promise<void> {
    const [file] = input.files ?? []
    input.value = ''
    if (file === undefined) return
    try {
      const { settingsOfPng } = await png()
      const settings = settingsOfPng(new Uint8Array(await file.arrayBuffer()))
      app.show(placeOf(settings, place))
      app.notices.value = [`The settings of ${file.name} are set.`, ...lossesOf(settings)]
    } catch (error) {
      app.notices.value = [(error as Error).message]
    }
  }
}

/** Fetched when it is needed: the page is there sooner without it. */
async function png(): Promise<typeof import('../image/png.ts')> {
  try {
    return await import('../image/png.ts')
  } catch {
    throw new PageError(missingPart, 'system')
  }
}
