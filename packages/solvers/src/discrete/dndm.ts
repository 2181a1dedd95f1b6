import { linear } from './alpha.ts'
import { checkToken } from './errors.ts'
import type { TokenLayout } from './layout.ts'
import type { Selection, TokenSampler } from './plan.ts'
import { checkSteps, drawTimes, exact, type TransitionLaw } from './transition.ts'
import type { Uniform } from './uniforms.ts'

export type DndmOptions = {
  /** The distribution of the transition times; by default that of linear noise. */
  readonly law?: TransitionLaw
  /** `shared`: a position has the same time in all sequences of the batch (fewer evaluations, the authors' choice); `own`: separate times. */
  readonly times?: 'shared' | 'own'
  /** Draw words from `softmax(logits/temperature)`; 0, the authors' choice, takes the most likely word. */
  readonly temperature?: number
}

/**
 * DNDM (arXiv:2312.09193, algorithm 1): each position has one transition time τ, drawn beforehand. The model is evaluated
 * at these times only, noisiest first, and writes the positions of that time; each is written once.
 *
 * At infinitely many steps this is DNDM-C (algorithm 2): times are continuous, and there is one evaluation for each position.
 *
 * @throws TokenError
 */
export function dndm(options: DndmOptions = {}): TokenSampler {
  return byTime('dndm', options, (free, times, now) => free.filter((_, i) => times[i] === now))
}

/**
 * DNDM, version 2 (arXiv:2312.09193, `τ >= t` in place of `τ = t`): each evaluation also writes the positions of earlier
 * times again, with the model's new predictions. As many evaluations as {@link dndm}.
 *
 * @throws TokenError
 */
export function dndmV2(options: DndmOptions = {}): TokenSampler {
  return byTime('dndmV2', options, (free, times, now) => free.filter((_, i) => times[i]! >= now))
}

/**
 * DNDM-k (arXiv:2312.09193): the times only decide how many positions stay noise after each evaluation. The words with the
 * highest scores are kept, by exact rank (of equal scores the later position wins). With absorbing noise, words of lower
 * rank are masked again; with multinomial noise they stay until they are written over.
 *
 * At infinitely many steps this is DNDM-k in continuous time.
 *
 * @throws TokenError
 */
export function dndmK(options: DndmOptions = {}): TokenSampler {
  return sampler('dndmK', options, (layout, times, now) => ({
    kind: 'rank',
    remaining: layout.free.map((_, row) => {
      return times[row]!.includes(now) ? times[row]!.filter(time => time < now).length : null
    }),
    renoise: 'lowest',
    fresh: false,
    scatter: 0,
  }))
}

function byTime(
  name: string,
  options: DndmOptions,
  pick: (free: readonly number[], times: readonly number[], now: number) => readonly number[],
): TokenSampler {
  return sampler(name, options, (layout, times, now) => ({
    kind: 'positions',
    positions: layout.free.map((free, row) => (times[row]!.includes(now) ? pick(free, times[row]!, now) : [])),
  }))
}

function sampler(
  name: string,
  options: DndmOptions,
  select: (layout: TokenLayout, times: readonly (readonly number[])[], now: number) => Selection,
): TokenSampler {
  const { law = exact(linear()), times: sharing = 'shared', temperature = 0 } = options
  checkTemperature(name, temperature)
  return {
    name,
    plan(layout, steps, random) {
      checkSteps(name, steps, true)
      const times = transitionTimes(layout, law, steps, sharing, random)
      const visits = [...new Set(times.flat())].sort((a, b) => b - a)
      return { layout, steps: visits.map(time => ({ time, selection: select(layout, times, time), temperature })) }
    },
  }
}

/** For each sequence the times of its positions that diffuse. */
function transitionTimes(
  { length, free }: TokenLayout,
  law: TransitionLaw,
  steps: number,
  sharing: 'shared' | 'own',
  random: Uniform,
): readonly (readonly number[])[] {
  if (sharing === 'own') return free.map(positions => drawTimes(law, steps, positions.length, random))
  const shared = drawTimes(law, steps, length, random)
  return free.map(positions => positions.map(position => shared[position]!))
}

/** @throws TokenError */
export function checkTemperature(subject: string, temperature: number): void {
  checkToken(`${subject}: temperature`, temperature, { minimum: 0 }, '0 takes the most likely word')
}
