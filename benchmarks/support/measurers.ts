import { fork } from 'node:child_process'
import type { Answer, Asked } from './distance-worker.ts'
import type { Distance } from './distances.ts'

/** Measures one distance; `undefined` where the schedule does not have that number of steps. */
export type Measure = {
  (asked: Omit<Asked, 'id'>): Promise<Distance | undefined>
  /** Ends the process that measures. */
  end(): void
}

/** Processes that measure distances with one thread each: together faster than one with more threads. */
export function measurers(count: number): readonly Measure[] {
  return Array.from({ length: count }, () => {
    const child = fork(new URL('./distance-worker.ts', import.meta.url))
    const waiting = new Map<number, PromiseWithResolvers<Distance | undefined>>()
    let asked = 0
    child.on('message', ({ id, found, error }: Answer) => {
      const { resolve, reject } = waiting.get(id)!
      waiting.delete(id)
      if (error === undefined) resolve(found)
      else reject(new Error(error))
    })
    child.on('exit', code => {
      for (const { reject } of waiting.values()) reject(new Error(`a process that measures ended with ${code}`))
    })
    const measure = (each: Omit<Asked, 'id'>): Promise<Distance | undefined> => {
      const id = asked++
      const reply = Promise.withResolvers<Distance | undefined>()
      waiting.set(id, reply)
      child.send({ ...each, id } satisfies Asked)
      return reply.promise
    }
    return Object.assign(measure, { end: () => child.disconnect() })
  })
}
