import { effect } from '@preact/signals'
import { render } from 'preact'
import { AppView } from './app-view.tsx'
import { engine } from './engine/engine.ts'
import { keepForOffline, registerServiceWorker } from './offline.ts'
import { AppContext } from './parts/context.ts'
import { createApp } from './state/app.ts'
import { followLinks } from './state/follow-links.ts'

const app = createApp(
  name => engine(new Worker(new URL('./engine/worker.ts', import.meta.url), { type: 'module', name })),
  { kind: 'embedded', url: new URL('model/', new URL(import.meta.env.BASE_URL, document.baseURI)).href },
)
const drawAtOnce = followLinks(app, window)
render(
  <AppContext.Provider value={app}>
    <AppView />
  </AppContext.Provider>,
  document.getElementById('app')!,
)
const reloads = await registerServiceWorker()
// A page that is about to be loaded again need not fetch the model first.
if (!reloads) {
  await app.open()
  if (drawAtOnce) void app.generate()
  effect(() => {
    const model = app.model.value
    if (model.state === 'open') void keepForOffline(model.device)
  })
}
