import { didYouMean, type OptionSpec, type OptionValue, readOptions } from '@fewstep/schedules/catalogue'
import { adaptiveGuidance } from './adaptive-guidance.ts'
import type { Cacher } from './cacher.ts'
import { deepCache } from './deep-cache.ts'
import { easyCache } from './easy-cache.ts'
import { UnknownCacherError } from './errors.ts'
import { firstBlock } from './first-block.ts'
import { freeU } from './free-u.ts'
import { guidanceInterval } from './guidance-interval.ts'
import { guidanceReuse } from './guidance-reuse.ts'
import { spectrum } from './spectrum.ts'
import { tGate } from './t-gate.ts'
import { taylorSeer } from './taylor-seer.ts'
import { uCache } from './u-cache.ts'

/** One cache, for the command line, the demo and the tables. */
export type CacherRow = {
  readonly name: string
  readonly help: string
  /** The name of the exported function that creates it. */
  readonly factory: string
  readonly options: Readonly<Record<string, OptionSpec>>
  /** Creates the cache from options that `readOptions` has checked. */
  create(options: Readonly<Record<string, OptionValue>>): Cacher
  /** Whether it rewrites the graph, and so needs a U-Net. The others work with any model. */
  readonly rewrites: boolean
  readonly paper?: string
}

const whole = (value: number | undefined, help: string, minimum = 1): OptionSpec => ({
  type: 'integer',
  minimum,
  help,
  ...(value === undefined ? {} : { default: value }),
})
const number = (value: number | undefined, help: string, minimum = 0, maximum = 100): OptionSpec => ({
  type: 'number',
  minimum,
  maximum,
  help,
  ...(value === undefined ? {} : { default: value }),
})
const share = (value: number, help: string): OptionSpec => number(value, help, 0, 1)

/** Every cache, by name. */
export const cacherCatalogue: readonly CacherRow[] = [
  {
    name: 'deepcache',
    help: 'computes the deep features of the U-Net only every few steps',
    factory: 'deepCache',
    options: {
      interval: whole(3, 'steps from one full pass to the next'),
      branch: whole(0, 'the skip connection to cut at; 0 is the cheapest', 0),
      center: number(undefined, 'full passes are densest around this step, with power', 0, 100_000),
      power: number(undefined, 'how strongly they are concentrated there', 1, 10),
      graphs: whole(
        2,
        '2: the full graph and its shallow part; 1: one graph that switches, with every weight in memory once',
      ),
      count: {
        type: 'choice',
        default: 'steps',
        choices: ['steps', 'timesteps'],
        help: 'what interval counts; timesteps: as in the DeepCache package',
      },
    },
    create: ({ center, power, ...options }) =>
      deepCache({
        ...(options as Parameters<typeof deepCache>[0]),
        ...(center === undefined && power === undefined
          ? {}
          : { nonUniform: { center: Number(center ?? 15), power: Number(power ?? 1.4) } }),
      }),
    rewrites: true,
    paper: 'arXiv:2312.00858',
  },
  {
    name: 'first-block',
    help: 'DeepCache that decides during the run, by the change of the first block',
    factory: 'firstBlock',
    options: {
      threshold: number(0.2, "relative change of the first block's output at which a full pass runs", 0, 1e9),
      maximum: whole(undefined, 'how many evaluations in a row may reuse; no limit by default'),
      branch: whole(1, 'the skip connection to cut at; 0 is the cheapest', 0),
    },
    create: options => firstBlock(options as Parameters<typeof firstBlock>[0]),
    rewrites: true,
  },
  {
    name: 'tgate',
    help: 'runs without cross-attention and guidance from a step on',
    factory: 'tGate',
    options: {
      gate: whole(undefined, 'the first step without them; steps/2.5 by default'),
      interval: whole(undefined, 'second version: steps from one computed self-attention to the next, before the gate'),
      after: whole(undefined, 'second version: the same from the gate on'),
      warmUp: whole(undefined, 'second version: how many steps at the start always compute self-attention', 0),
    },
    create: ({ gate, ...self }) =>
      tGate({
        ...(gate === undefined ? {} : { gate: Number(gate) }),
        ...(Object.keys(self).length === 0 ? {} : { selfAttention: self as { interval?: number } }),
      }),
    rewrites: true,
    paper: 'arXiv:2404.02747',
  },
  {
    name: 'freeu',
    help: 'reweights backbone and skips: changes the images, not the speed',
    factory: 'freeU',
    options: {
      b1: number(1.5, 'factor of the backbone in the first stage', 0, 10),
      b2: number(1.6, 'factor of the backbone in the second stage', 0, 10),
      s1: number(0.9, "factor of the skips' low frequencies in the first stage", 0, 10),
      s2: number(0.2, "factor of the skips' low frequencies in the second stage", 0, 10),
      version: whole(1, '1, or 2, which scales the backbone by the mean of its channels'),
      stage: {
        type: 'choice',
        default: 'block',
        choices: ['block', 'channels', 'multiples'],
        help: "how stages are found: as in diffusers, the authors' code or ComfyUI",
      },
      from: share(0, 'share of the steps at which it begins'),
      to: share(1, 'share of the steps at which it ends'),
    },
    create: options => freeU(options as Parameters<typeof freeU>[0]),
    rewrites: true,
    paper: 'arXiv:2309.11497',
  },
  {
    name: 'guidance-interval',
    help: 'guides in one part of the run only',
    factory: 'guidanceInterval',
    options: {
      from: share(0, 'share of the steps at which guidance begins'),
      to: share(1, 'share of the steps at which guidance ends'),
      sigmaMin: number(undefined, 'lowest sigma/alpha with guidance', 0, 1e9),
      sigmaMax: number(undefined, 'highest sigma/alpha with guidance', 0, 1e9),
    },
    create: options => guidanceInterval(options as Parameters<typeof guidanceInterval>[0]),
    rewrites: false,
    paper: 'arXiv:2404.07724',
  },
  {
    name: 'guidance-reuse',
    help: 'computes the difference that guidance adds only every few steps',
    factory: 'guidanceReuse',
    options: {
      interval: whole(2, 'steps from one with both conditions to the next'),
      from: share(0, 'share of the steps before which every step has both conditions'),
    },
    create: options => guidanceReuse(options as Parameters<typeof guidanceReuse>[0]),
    rewrites: false,
    paper: 'arXiv:2410.19355',
  },
  {
    name: 'adaptive-guidance',
    help: 'ends guidance once it makes no difference',
    factory: 'adaptiveGuidance',
    options: { threshold: share(0.05, 'relative difference of the two estimates below which it ends') },
    create: options => adaptiveGuidance(options as Parameters<typeof adaptiveGuidance>[0]),
    rewrites: false,
    paper: 'arXiv:2312.12487',
  },
  {
    name: 'easycache',
    help: "reuses the model's output while little changes",
    factory: 'easyCache',
    options: {
      threshold: number(0.2, 'accumulated relative change at which the model runs again'),
      from: share(0.15, 'share of the run before which every evaluation runs'),
      to: share(0.95, 'share of the run after which every evaluation runs'),
    },
    create: options => easyCache(options as Parameters<typeof easyCache>[0]),
    rewrites: false,
    paper: 'arXiv:2507.02860',
  },
  {
    name: 'ucache',
    help: 'EasyCache with thresholds for U-Nets',
    factory: 'uCache',
    options: {
      threshold: number(1, 'accumulated relative change at which the model runs again'),
      from: share(0.15, 'share of the run before which every evaluation runs'),
      to: share(0.95, 'share of the run after which every evaluation runs'),
      decay: share(1, 'share of the error that remains after an evaluation left out'),
      early: number(0.5, 'factor of the threshold in the first third', 0, 10),
      late: number(1.5, 'factor of the threshold in the last third', 0, 10),
    },
    create: options => uCache(options as Parameters<typeof uCache>[0]),
    rewrites: false,
  },
  {
    name: 'taylorseer',
    help: 'forecasts evaluations by a polynomial through the latest estimates',
    factory: 'taylorSeer',
    options: {
      interval: whole(5, 'one of this many evaluations runs'),
      order: whole(1, 'order of the polynomial', 0),
      warmUp: whole(3, 'how many evaluations always run at the start'),
    },
    create: options => taylorSeer(options as Parameters<typeof taylorSeer>[0]),
    rewrites: false,
    paper: 'arXiv:2503.06923',
  },
  {
    name: 'spectrum',
    help: 'forecasts evaluations by a Chebyshev fit of all earlier estimates',
    factory: 'spectrum',
    options: {
      blend: share(0.4, 'share of the fit; the rest is a line through the latest two estimates'),
      degree: whole(3, 'degree of the fit', 0),
      ridge: number(1, 'ridge penalty of the fit', 1e-9, 1e9),
      window: number(2, 'first distance between two evaluations', 1),
      growth: number(0.5, 'how much the distance grows with each evaluation'),
      warmUp: whole(4, 'how many evaluations always run at the start', 2),
      stop: share(0.9, 'share of the run after which every evaluation runs'),
    },
    create: options => spectrum(options as Parameters<typeof spectrum>[0]),
    rewrites: false,
  },
]

/**
 * Creates a cache from its name and its options, which may be text.
 *
 * @throws UnknownCacherError for a name that no cache has; NamedOptionError for an option that the cache does not have or a
 * value of the wrong type; CacherError for a value that the cache does not accept
 */
export function chooseCacher(choice: {
  readonly name: string
  readonly options?: Readonly<Record<string, OptionValue>>
}): Cacher {
  const { name, options = {} } = choice
  const row = cacherCatalogue.find(row => row.name === name)
  if (row === undefined) {
    const names = cacherCatalogue.map(row => row.name)
    throw new UnknownCacherError(`cache: ${name} is unknown${didYouMean(name, names)} (known: ${names.join(', ')})`)
  }
  return row.create(readOptions(row.options, options, name))
}
