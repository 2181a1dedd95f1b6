/**
 * Draws the plots of docs/originals.md: the published forms of solvers beside the corrected ones, and recorded runs of
 * diffusers beside fewstep's. `npx -y pnpm@12 exec node --conditions=@fewstep/source scripts/originals.ts`
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { denoiser } from '@fewstep/sampler'
import { chooseRecipe, type Recipe } from '@fewstep/sampler/diffusers'
import { dpmpp2s, dpmpp3m, dpmpp3mSde, dpmppSde, euler, ipndmV, type Solver, unipc } from '@fewstep/solvers'
import { chart, type Line } from '../packages/cli/src/chart.ts'
import {
  answerOf,
  originals,
  questions,
  type Run,
  recorded,
  startNoise,
} from '../packages/sampler/test/support/originals.ts'
import { frames, grids } from '../packages/solvers/test/support/frames.ts'
import { exactSolution, line } from '../packages/solvers/test/support/mixture.ts'
import { moments } from '../packages/solvers/test/support/moments.ts'
import { globalError } from '../packages/solvers/test/support/order.ts'

const folder = new URL('../docs/pictures/originals/', import.meta.url)
await mkdir(folder, { recursive: true })
const write = (name: string, lines: readonly Line[], y: string) =>
  writeFile(new URL(`${name}.svg`, folder), chart(`${name}: ${y}`, lines, { x: 'steps', y }))

const [, frame] = frames
const karras = grids.find(({ name }) => name === 'Karras')!

/** The error on the exact mixture, with exact starting values. */
const order = (name: string, solver: Solver, exact: number): Line => ({
  name,
  points: [10, 20, 40, 80, 160, 320].map(steps => [
    steps,
    globalError(solver, { mixture: line, frame: frame!, grid: karras, exact }, steps),
  ]),
})
const error = 'error at the end'
const full = { lowerOrderFinal: false }
await write(
  '3m',
  [order('correct', dpmpp3m(full), 2), order('as published', dpmpp3m({ ...full, reference: true }), 2)],
  error,
)
const still = { ...full, eta: 0 }
await write(
  '3m-sde',
  [
    order('correct', dpmpp3mSde(still), 2),
    order('k-diffusion', dpmpp3mSde({ ...still, reference: 'k-diffusion' }), 2),
    order('diffusers', dpmpp3mSde({ ...still, reference: 'diffusers' }), 2),
  ],
  error,
)
await write(
  'ipndm-v',
  [
    order('order 4, correct', ipndmV(), 3),
    order('order 3, correct', ipndmV({ order: 3 }), 2),
    order('order 4, as published', ipndmV({ reference: true }), 3),
    order('order 3, as published', ipndmV({ order: 3, reference: true }), 2),
  ],
  error,
)
const vary = { ...full, order: 3, variant: 'vary' } as const
await write(
  'unipc-vary',
  [order('correct', unipc(vary), 2), order('as published', unipc({ ...vary, reference: true }), 2)],
  error,
)

/** The error of the variance on Gaussian data. */
const variance = async (name: string, solver: Solver): Promise<Line> => {
  const [mean, deviation] = [0.8, 0.6]
  const points = [10, 20, 40, 80, 160, 320].map(async steps => {
    const rhos = karras.rhos(steps)
    const got = await moments(solver, { frame: frame!, rhos, mean, deviation })
    return [steps, Math.abs(got.variance - deviation ** 2 - rhos.at(-1)! ** 2)] as const
  })
  return { name, points: await Promise.all(points) }
}
const spread = 'error of the variance'
const churn = { churn: 10 }
await write(
  'churn',
  [
    await variance('noise before the evaluation', euler(churn)),
    await variance('after it', euler({ ...churn, reference: true })),
  ],
  spread,
)
const noisy = { eta: 1, lowerOrderFinal: false }
await write(
  'singlestep-sde',
  [await variance('correct', dpmpp2s(noisy)), await variance('diffusers', dpmpp2s({ ...noisy, reference: true }))],
  spread,
)
await write(
  'dpmpp-sde',
  [
    await variance('draws of disjoint intervals', dpmppSde()),
    await variance('as published, draws independent', dpmppSde({ reference: true })),
  ],
  spread,
)

/** Recorded runs and fewstep's, against the exact solution from the same start. */
type Case = { readonly name: string; readonly config: Readonly<Record<string, unknown>>; readonly runs: readonly Run[] }
const { cases, startSeed, noiseSeed } = originals<Case>('diffusers')

async function runs(name: string, theirs = 'diffusers', ours = 'fewstep'): Promise<readonly Line[]> {
  const { config, runs } = cases.find(one => one.name === name)!
  const recipe = chooseRecipe(config)
  const usable = runs.filter(({ failed, steps }) => failed === undefined && steps > 1)
  const points = await Promise.all(
    usable.map(async run => {
      const levels = recipe.schedule.levels(run.steps, recipe.process)
      const x = startNoise(startSeed).map(value => value * recipe.initialScale(levels))
      const end = levels.at(-1)!
      const rho = Math.min(levels[0]!.sigma / levels[0]!.alpha, 1e4)
      const truth = Array.from(x, value => {
        const start = value * (levels[0]!.alpha === 0 ? rho : 1 / levels[0]!.alpha)
        return exactSolution(line, Float64Array.of(start), [rho, Math.max(end.sigma / end.alpha, 1e-3)])[1]![0]!
      })
      const distance = (end: Float32Array, alpha: number) =>
        Math.sqrt(truth.reduce((sum, value, i) => sum + (end[i]! / alpha - value) ** 2, 0) / truth.length)
      const ours = await result(config, recipe, run, x)
      return { steps: run.steps, theirs: distance(recorded(run).at(-1)!, end.alpha), ours: distance(ours, end.alpha) }
    }),
  )
  return [
    { name: ours, points: points.map(({ steps, ours }) => [steps, ours]) },
    { name: theirs, points: points.map(({ steps, theirs }) => [steps, theirs]) },
  ]
}

async function result(config: Case['config'], recipe: Recipe, run: Run, x: Float32Array): Promise<Float32Array> {
  const { process, prediction, schedule, solver } = recipe
  const plan = solver.plan(schedule.levels(run.steps, process), process)
  const { values } = await questions(plan, x, noiseSeed, ops =>
    denoiser<Float32Array, null>(({ x, timestep }) => [answerOf(config, x, process.level(timestep))], {
      process,
      prediction,
      condition: null,
      ops,
    }),
  )
  return values.at(-1)!
}

const gap = 'distance to the exact solution'
await write('ddim-linspace', await runs('DDIM: timestep_spacing=linspace'), gap)
await write('pndm-v', await runs('PNDM: skip_prk_steps=True, prediction_type=v_prediction'), gap)
await write('deis-karras', await runs('DEISMultistep: use_karras_sigmas=True'), gap)
await write('ipndm', await runs('IPNDM'), gap)
await write(
  'last-call',
  await runs('UniPCMultistep: solver_order=3, use_karras_sigmas=True, final_sigmas_type=sigma_min'),
  gap,
)
