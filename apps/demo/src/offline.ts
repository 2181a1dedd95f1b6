const once = 'fewstep-reloaded'

/**
 * Resolves when a person first does something in the page: focuses a field, presses a key, clicks. Scrolling is nothing
 * that a reload would lose.
 */
export function firstTouch(window: Window): Promise<void> {
  return new Promise(resolve => {
    for (const type of ['focusin', 'keydown', 'input', 'click'])
      window.addEventListener(type, () => resolve(), { once: true, capture: true })
  })
}

/**
 * Installs the service worker, which makes the page work offline and gives it the headers for threads where the host does
 * not. To get these the page is loaded again, once, and only as long as it is untouched: nothing that a person has typed or
 * pressed is lost. Returns whether the page is about to be loaded again.
 *
 * @param touched resolves when a person does something in the page
 */
export async function registerServiceWorker(touched: Promise<void>): Promise<boolean> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return false
  try {
    const url = new URL(`${import.meta.env.BASE_URL}sw.js`, document.baseURI)
    const active = navigator.serviceWorker.register(url).then(isActive)
    // Private windows and odd hosts refuse it; the page works without.
    active.catch(() => {})
    if (window.crossOriginIsolated || sessionStorage.getItem(once) !== null) return false
    const isTouched = touched.then(() => 'touched' as const)
    if ((await Promise.race([active, isTouched])) !== true) return false
    // Once only: where the headers do not come even so, the page runs on one thread.
    sessionStorage.setItem(once, 'yes')
    window.location.reload()
    // The page lives on until the new one arrives, which may take long. Whoever does something meanwhile keeps this one.
    await isTouched
    window.stop()
    sessionStorage.removeItem(once)
    return false
  } catch {
    return false
  }
}

/** Waits until it is active, or will never be: where a file of the shell cannot be fetched, or the disk is full. */
function isActive(registration: ServiceWorkerRegistration): Promise<boolean> {
  const coming = registration.installing ?? registration.waiting
  if (registration.active !== null || coming === null) return Promise.resolve(registration.active !== null)
  return new Promise(resolve => {
    coming.addEventListener('statechange', () => {
      if (coming.state === 'activated' || coming.state === 'redundant') resolve(coming.state === 'activated')
    })
  })
}

/** Makes the service worker store the files that a device needs, once no other download is waiting. */
export async function keepForOffline(device: string): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  const { active } = await navigator.serviceWorker.ready
  active?.postMessage({ keep: device })
}

/** Whether a reload would give the page more threads: its service worker has become active since it was loaded. */
export async function wouldHelpToReload(): Promise<boolean> {
  if (window.crossOriginIsolated || !import.meta.env.PROD || !('serviceWorker' in navigator)) return false
  await navigator.serviceWorker.ready
  return sessionStorage.getItem(once) === null
}
