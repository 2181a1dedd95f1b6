/** An open resource; call `release` when you no longer use it. */
export type Lease<R> = { readonly value: R; release(): Promise<void> }

type Opened<R> = { readonly key: string; readonly value: R; users: number; latest: boolean }

/**
 * Keeps the latest of several resources open, and earlier ones for as long as they are in use.
 *
 * @param open opens the resource of a key
 */
export function latestOpen<R extends { dispose(): Promise<void> }>(
  open: (key: string) => Promise<R>,
): { lease(key: string): Promise<Lease<R>>; dispose(): Promise<void> } {
  let latest: Opened<R> | undefined
  let queue: Promise<unknown> = Promise.resolve()
  const retire = async (): Promise<void> => {
    const old = latest
    latest = undefined
    if (old === undefined) return
    old.latest = false
    if (old.users === 0) await old.value.dispose()
  }
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = queue.then(work)
    queue = done.catch(() => undefined)
    return done
  }
  return {
    lease: key =>
      inTurn(async () => {
        if (latest?.key !== key) {
          const value = await open(key)
          await retire()
          latest = { key, value, users: 0, latest: true }
        }
        const held = latest
        held.users += 1
        return {
          value: held.value,
          async release() {
            held.users -= 1
            if (held.users === 0 && !held.latest) await held.value.dispose()
          },
        }
      }),
    dispose: () => inTurn(retire),
  }
}
