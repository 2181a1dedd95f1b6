const once = 'fewstep-reloaded'

/**
 * Installs the service worker, which makes the page work offline and gives it the headers for threads where the host does
 * not. Returns whether the page is about to be loaded again to get them.
 */
export async function registerServiceWorker(): Promise<boolean> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return false
  try {
    const url = new URL(`${import.meta.env.BASE_URL}sw.js`, document.baseURI)
    await navigator.serviceWorker.register(url)
    if (window.crossOriginIsolated || sessionStorage.getItem(once) !== null) return false
    // Once only: where the headers do not come even so, the page runs on one thread.
    sessionStorage.setItem(once, 'yes')
    await navigator.serviceWorker.ready
    window.location.reload()
    return true
  } catch {
    // Private windows and odd hosts refuse it; the page works without.
    return false
  }
}

/** Has the service worker keep what a device needs, now that nothing else waits for the network. */
export async function keepForOffline(device: string): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  const { active } = await navigator.serviceWorker.ready
  active?.postMessage({ keep: device })
}
