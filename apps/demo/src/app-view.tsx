import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { devices } from './engine/messages.ts'
import { useApp } from './parts/context.ts'
import { statusOf } from './parts/drawing-view.tsx'
import { ModelBar } from './parts/model-bar.tsx'
import { printHash } from './state/link.ts'
import { type ViewName, views } from './state/place.ts'
import { CompareView } from './views/compare.tsx'
import { GenerateView } from './views/generate.tsx'
import { ModelView } from './views/model.tsx'
import { RaceView } from './views/race.tsx'

const titles: Readonly<Record<ViewName, string>> = {
  generate: 'Generate',
  compare: 'Compare',
  race: 'Race',
  model: 'Your model',
}

const parts: Readonly<Record<ViewName, () => VNode>> = {
  generate: GenerateView,
  compare: CompareView,
  race: RaceView,
  model: ModelView,
}

/** What a view is for, in a sentence. */
function leads(isEmbedded: boolean): Readonly<Record<ViewName, string>> {
  return {
    generate: isEmbedded
      ? 'This page draws images from text on your own device, with a small diffusion model that knows emoji: faces, hearts, fruit, animals and vehicles, by their English names and colors.'
      : 'This page draws images from text with your diffusion model, on your own device.',
    compare:
      'Draw the same prompt with two settings, and see what each costs and how much the images differ. At first, Lane A has the default settings of Stable Diffusion (25 steps of PNDM), and Lane B those that are recommended here (12 steps of dpmpp-2m).',
    race: 'Solvers draw the same image with few evaluations of the model; the nearest to the converged image wins.',
    model: 'Draw with your own model: the page looks at it, says whether it runs here, and uses it.',
  }
}

export function AppView(): VNode {
  const app = useApp()
  const place = app.place.value
  const View = parts[place.view]
  const main = useRef<HTMLElement>(null)
  useEffect(() => {
    document.title = `${titles[place.view]} · fewstep`
  }, [place.view])
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: it goes to a place of the page, but not by the address, which says what is set */}
      <a
        class="skip"
        href="#main"
        onClick={event => {
          event.preventDefault()
          main.current?.focus()
        }}
      >
        Skip to the content
      </a>
      <header class="top">
        <a class="wordmark" href={printHash({ ...place, view: 'generate' })}>
          <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width="28" height="28" />
          fewstep
        </a>
        <nav aria-label="Views">
          {views.map(view => (
            <a key={view} href={printHash({ ...place, view })} aria-current={view === place.view ? 'page' : undefined}>
              {titles[view]}
              {view !== 'model' && view !== place.view && app.running.value.has(view) && (
                <span class="runs" title="An image is being drawn in this view">
                  <span class="unseen">, drawing</span>
                </span>
              )}
            </a>
          ))}
        </nav>
        <label class="device">
          <span>Device</span>
          <select
            value={app.device.value}
            onChange={event => {
              const device = devices.find(name => name === event.currentTarget.value)
              void app.open(undefined, device)
            }}
          >
            {devices.map(device => (
              <option key={device} value={device}>
                {{ auto: 'Automatic', webgpu: 'WebGPU', wasm: 'WebAssembly' }[device]}
              </option>
            ))}
          </select>
        </label>
      </header>
      <ModelBar />
      <main id="main" tabIndex={-1} ref={main}>
        <h1 class="unseen">{titles[place.view]}</h1>
        <p class="lead">{leads(app.source.value.kind === 'embedded')[place.view]}</p>
        <View />
      </main>
      <Footer />
      <Announcements />
    </>
  )
}

function Footer(): VNode {
  const app = useApp()
  const model = app.model.value
  return (
    <footer class="bottom">
      {model.state === 'open' && (
        <p>
          {model.name}. {model.notes.join(' ')}
          {app.reloadHelps.value && ' Reload the page to draw with more threads.'}
        </p>
      )}
      <p>Everything runs in this page. Nothing that you type leaves it.</p>
    </footer>
  )
}

/** What a screen reader says by itself: that something is drawn, and what came of it. */
function Announcements(): VNode {
  const app = useApp()
  const { view } = app.place.value
  const task = view === 'model' ? undefined : view
  const drawing = { generate: app.picture, compare: app.right, race: undefined, model: undefined }[view]?.value
  const runs = task !== undefined && app.running.value.has(task)
  const waits = drawing?.state === 'waiting'
  return (
    <p class="unseen" role="status">
      {runs && !waits ? 'Drawing' : statusOf(drawing)}
    </p>
  )
}
