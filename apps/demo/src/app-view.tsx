import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
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

export function AppView(): VNode {
  const app = useApp()
  const place = app.place.value
  const View = parts[place.view]
  useEffect(() => {
    document.title = `${titles[place.view]} · fewstep`
  }, [place.view])
  return (
    <>
      <header class="top">
        <a class="wordmark" href={printHash({ ...place, view: 'generate' })}>
          <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width="28" height="28" />
          fewstep
        </a>
        <nav aria-label="Views">
          {views.map(view => (
            <a key={view} href={printHash({ ...place, view })} aria-current={view === place.view ? 'page' : undefined}>
              {titles[view]}
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
      <main>
        <h1 class="unseen">{titles[place.view]}</h1>
        <View />
      </main>
      <Footer />
      <Announcements />
    </>
  )
}

function Footer(): VNode {
  const model = useApp().model.value
  return (
    <footer class="bottom">
      {model.state === 'open' && (
        <p>
          {model.name}. {model.notes.join(' ')}
        </p>
      )}
      <p>Everything runs in this page; nothing that you type leaves it.</p>
    </footer>
  )
}

/** What a screen reader says by itself: that it draws, and what came of it. */
function Announcements(): VNode {
  const app = useApp()
  const { view } = app.place.value
  const drawing = view === 'generate' ? app.picture.value : app.right.value
  const words = app.busy.value ? 'Drawing' : view === 'race' || view === 'model' ? '' : statusOf(drawing)
  return (
    <p class="unseen" role="status">
      {words}
    </p>
  )
}
