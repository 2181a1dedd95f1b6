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

/** One cache as the command line, the demo and the tables know it. */
export type CacherRow = {
  readonly name: string
  readonly help: string
  /** The exported function that makes it. */
  readonly factory: string
  readonly options: Readonly<Record<string, OptionSpec>>
  /** From options that `readOptions` has checked. */
  create(options: Readonly<Record<string, OptionValue>>): Cacher
  /** Whether it rewrites the graph, and so needs a U-Net; the others work for any network. */
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
    help: 'deep features of the U-Net, computed each few steps',
    factory: 'deepCache',
    options: {
      interval: whole(3, 'a full pass at each so many steps'),
      branch: whole(0, 'the skip connection to cut at; 0 is the cheapest', 0),
      center: number(undefined, 'with power: full passes gathered around this step', 0, 100_000),
      power: number(undefined, 'how strongly', 1, 10),
      graphs: whole(2, '2: the whole and its shallow part; 1: one that switches, and no weight twice'),
      count: {
        type: 'choice',
        default: 'steps',
        choices: ['steps', 'timesteps'],
        help: 'timesteps: as the DeepCache package',
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
    help: 'DeepCache that decides on the way, by the change of the first block',
    factory: 'firstBlock',
    options: {
      threshold: number(0.2, 'relative change of its output that asks for a full pass', 0, 1e9),
      maximum: whole(undefined, 'calls in a row that may reuse; any number where absent'),
      branch: whole(1, 'the skip connection to cut at; 0 is the cheapest', 0),
    },
    create: options => firstBlock(options as Parameters<typeof firstBlock>[0]),
    rewrites: true,
  },
  {
    name: 'tgate',
    help: 'no cross-attention and no guidance from a step on',
    factory: 'tGate',
    options: {
      gate: whole(undefined, 'the first step without them; steps/2.5 where absent'),
      interval: whole(undefined, 'second version: self-attention computed each so many steps before the gate'),
      after: whole(undefined, 'and from the gate on'),
      warmUp: whole(undefined, 'steps that always compute it', 0),
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
    help: 'reweights backbone and skips: other images, not faster',
    factory: 'freeU',
    options: {
      b1: number(1.5, 'factor of the backbone in the first stage', 0, 10),
      b2: number(1.6, 'in the second', 0, 10),
      s1: number(0.9, "factor of the skips' low frequencies in the first stage", 0, 10),
      s2: number(0.2, 'in the second', 0, 10),
      version: whole(1, '1, or 2: by the mean map'),
      stage: {
        type: 'choice',
        default: 'block',
        choices: ['block', 'channels', 'multiples'],
        help: "what is a stage: diffusers', the authors' or ComfyUI's",
      },
      from: share(0, 'share of the steps at which it begins'),
      to: share(1, 'and ends'),
    },
    create: options => freeU(options as Parameters<typeof freeU>[0]),
    rewrites: true,
    paper: 'arXiv:2309.11497',
  },
  {
    name: 'guidance-interval',
    help: 'guidance in a part of the run only',
    factory: 'guidanceInterval',
    options: {
      from: share(0, 'share of the steps at which it begins'),
      to: share(1, 'and ends'),
      sigmaMin: number(undefined, 'lowest sigma/alpha', 0, 1e9),
      sigmaMax: number(undefined, 'highest sigma/alpha', 0, 1e9),
    },
    create: options => guidanceInterval(options as Parameters<typeof guidanceInterval>[0]),
    rewrites: false,
    paper: 'arXiv:2404.07724',
  },
  {
    name: 'guidance-reuse',
    help: "guidance's difference, computed each few steps",
    factory: 'guidanceReuse',
    options: {
      interval: whole(2, 'both conditions at each so many steps'),
      from: share(0, 'share of the steps before which both always are'),
    },
    create: options => guidanceReuse(options as Parameters<typeof guidanceReuse>[0]),
    rewrites: false,
    paper: 'arXiv:2410.19355',
  },
  {
    name: 'adaptive-guidance',
    help: 'no guidance once it makes no difference',
    factory: 'adaptiveGuidance',
    options: { threshold: share(0.05, 'relative difference below which it ends') },
    create: options => adaptiveGuidance(options as Parameters<typeof adaptiveGuidance>[0]),
    rewrites: false,
    paper: 'arXiv:2312.12487',
  },
  {
    name: 'easycache',
    help: 'no call while little changes',
    factory: 'easyCache',
    options: {
      threshold: number(0.2, 'accumulated relative change that asks for a call'),
      from: share(0.15, 'share of the calls before which all are made'),
      to: share(0.95, 'and after which'),
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
      threshold: number(1, 'accumulated relative change that asks for a call'),
      from: share(0.15, 'share of the calls before which all are made'),
      to: share(0.95, 'and after which'),
      decay: share(1, 'what is left of the error after a call left out'),
      early: number(0.5, 'factor of the threshold in the first third', 0, 10),
      late: number(1.5, 'in the last third', 0, 10),
    },
    create: options => uCache(options as Parameters<typeof uCache>[0]),
    rewrites: false,
  },
  {
    name: 'taylorseer',
    help: 'a polynomial through the latest estimates instead of a call',
    factory: 'taylorSeer',
    options: {
      interval: whole(5, 'a call at each so many'),
      order: whole(1, 'order of the polynomial', 0),
      warmUp: whole(3, 'calls always made at the start'),
    },
    create: options => taylorSeer(options as Parameters<typeof taylorSeer>[0]),
    rewrites: false,
    paper: 'arXiv:2503.06923',
  },
  {
    name: 'spectrum',
    help: 'a Chebyshev fit of all earlier estimates instead of a call',
    factory: 'spectrum',
    options: {
      blend: share(0.4, 'share of the fit; the rest is a line'),
      degree: whole(3, 'degree of the fit', 0),
      ridge: number(1, 'ridge of the fit', 1e-9, 1e9),
      window: number(2, 'first distance between calls', 1),
      growth: number(0.5, 'its growth with each call'),
      warmUp: whole(4, 'calls always made at the start', 2),
      stop: share(0.9, 'share of the run after which all are made'),
    },
    create: options => spectrum(options as Parameters<typeof spectrum>[0]),
    rewrites: false,
  },
]

/**
 * A cache by its name, with options as text or values.
 *
 * @throws UnknownCacherError, NamedOptionError, CacherError
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
