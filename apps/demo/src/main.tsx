import { effect } from '@preact/signals'
import { render } from 'preact'
import { AppView } from './app-view.tsx'
import { engine } from './engine/engine.ts'
import { firstTouch, keepForOffline, registerServiceWorker, wouldHelpToReload } from './offline.ts'
import { AppContext } from './parts/context.ts'
import { keepFocus } from './parts/keep-focus.ts'
import { createApp } from './state/app.ts'
import { followLinks } from './state/follow-links.ts'
import { until } from './state/tasks.ts'

const root = document.getElementById('app')!
const app = createApp(
  name => engine(new Worker(new URL('./engine/worker.ts', import.meta.url), { type: 'module', name })),
  { kind: 'embedded', url: new URL('model/', new URL(import.meta.env.BASE_URL, document.baseURI)).href },
)
// A link that is followed meanwhile may ask to draw.
const touched = Promise.race([firstTouch(window), until(app.busy, busy => busy, new AbortController().signal)])
const reloads = registerServiceWorker(touched)
const drawAtOnce = followLinks(app, window, reloads)
render(
  <AppContext.Provider value={app}>
    <AppView />
  </AppContext.Provider>,
  root,
)
keepFocus(root)
// A page that is about to be loaded again need not fetch the model first.
if (!(await reloads)) {
  if (drawAtOnce && !app.busy.value) void app.generate()
  await app.open()
  effect(() => {
    const model = app.model.value
    if (model.state === 'open') void keepForOffline(model.device)
  })
  app.reloadHelps.value = await wouldHelpToReload()
}
