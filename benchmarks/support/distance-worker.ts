/** A process that measures the distances that messages ask for, with one thread. */
import process from 'node:process'
import { combination, type Distance, stepsFor } from './distances.ts'
import { openDistances } from './exact.ts'

/** A run to measure, and the number of the request. */
export type Asked = Omit<Distance, 'calls' | 'error'> & { readonly id: number }
/** The distance; `undefined` where the schedule does not have that number of steps. */
export type Answer = { readonly id: number; readonly found?: Distance; readonly error?: string }

const { recipe, distance, forget, dispose } = await openDistances(1)
let last: number | undefined

async function answer({ id, ...asked }: Asked): Promise<Answer> {
  const { solver, schedule } = combination(asked)
  const run = stepsFor(solver, schedule, asked.budget, recipe.process)
  if (run === undefined) return { id }
  if (last !== asked.pair) forget()
  last = asked.pair
  const error = await distance({ solver, schedule, steps: run.steps, guidance: asked.guidance }, asked.pair)
  return { id, found: { ...asked, calls: run.calls, error } }
}

process.on('message', (asked: Asked) => {
  answer(asked).then(
    reply => process.send?.(reply),
    cause => process.send?.({ id: asked.id, error: String(cause) }),
  )
})
process.on('disconnect', () => void dispose())
