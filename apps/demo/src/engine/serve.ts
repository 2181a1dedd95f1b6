import { kindOf } from '@fewstep/errors'
import type { Ask, Tell } from './messages.ts'
import type { Studio } from './studio.ts'

/** Answers the page's asks, one after the other; a stop is heard at once. */
export function serve(studio: Studio, tell: (message: Tell) => void): (ask: Ask) => void {
  const stops = new Map<number, AbortController>()
  let turn: Promise<void> = Promise.resolve()
  return ask => {
    const { id } = ask
    if (ask.kind === 'stop') {
      stops.get(id)?.abort()
      return
    }
    const stop = new AbortController()
    stops.set(id, stop)
    turn = turn.then(async () => {
      try {
        stop.signal.throwIfAborted()
        tell({ id, begun: true })
        tell({ id, answer: await answer(studio, ask, { signal: stop.signal, tell: news => tell({ id, news }) }) })
      } catch (error) {
        const { name, message } = error instanceof Error ? error : new Error(String(error))
        tell({ id, error: { name, message, kind: kindOf(error) } })
      } finally {
        stops.delete(id)
      }
    })
  }
}

function answer(studio: Studio, ask: Exclude<Ask, { kind: 'stop' }>, telling: Parameters<Studio['draw']>[1]) {
  switch (ask.kind) {
    case 'open':
      return studio.open(ask.ask.source, ask.ask.device, telling)
    case 'draw':
      return studio.draw(ask.ask.settings, telling)
    case 'shares':
      return studio.shares(ask.ask.source, telling)
    case 'inspect':
      return studio.inspect(ask.ask.source, telling)
  }
}
