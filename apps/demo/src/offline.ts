const once = 'fewstep-reloaded'

/**
 * Installs the service worker, which makes the page work offline and gives it the headers for threads where the host does
 * not. Returns whether the page is about to be loaded again to get them.
 */
export async function registerServiceWorker(): Promise<boolean> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return false
  try {
    const url = new URL(`${import.meta.env.BASE_URL}sw.js`, document.baseURI)
    const registration = await navigator.serviceWorker.register(url)
    if (window.crossOriginIsolated || sessionStorage.getItem(once) !== null) return false
    if (!(await isActive(registration))) return false
    // Once only: where the headers do not come even so, the page runs on one thread.
    sessionStorage.setItem(once, 'yes')
    window.location.reload()
    return true
  } catch {
    // Private windows and odd hosts refuse it; the page works without.
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

/** Has the service worker keep what a device needs, now that nothing else waits for the network. */
export async function keepForOffline(device: string): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  const { active } = await navigator.serviceWorker.ready
  active?.postMessage({ keep: device })
}
