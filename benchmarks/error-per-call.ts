/**
 * How far pictures of the embedded model are from the exact solution of their ODE, for a number of network calls:
 * `npx -y pnpm@12 bench:error [--pairs 8]`. It goes on where it was stopped; raw results are in
 * `benchmarks/results/error-per-call.jsonl`, and `benchmarks/error-per-call-table.ts` writes the tables.
 *
 * The distance is the root-mean-square difference of latents to UniPC-3 with 500 calls on whole timesteps, from the same
 * noise, both ending without noise. One factor at a time: every solver on one schedule, then every schedule under the
 * solvers that were best there on the first half of the pairs.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { model } from '@fewstep/model-emoji'
import { textToImage } from '@fewstep/pipelines'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { chooseRecipe } from '@fewstep/sampler/diffusers'
import { type Schedule, trailing } from '@fewstep/schedules'
import { type Solver, unipc } from '@fewstep/solvers'
import { type Contender, contenders, type Grid, grids } from './support/contenders.ts'

const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '8' }, finalists: { type: 'string', default: '5' } },
})
const file = fileURLToPath(new URL('./results/error-per-call.jsonl', import.meta.url))
const budgets = [4, 5, 6, 8, 10, 15, 20, 30] as const
const words = [
  'a red apple',
  'a cat',
  'a blue heart',
  'a sun',
  'a house',
  'a smiling face',
  'a green tree',
  'a fish',
  'a star',
  'a car',
  'a dog',
  'a yellow flower',
  'a rocket',
  'a cup',
  'a bird',
  'a key',
]
const pairs = Array.from({ length: Number(values.pairs) }, (_, i) => ({
  prompt: words[i % words.length]!,
  seed: 100 + i,
}))

type Line = {
  readonly solver: string
  readonly grid: string
  readonly guidance: number
  readonly budget: number
  readonly pair: number
  readonly calls: number
  readonly error: number
}
const key = ({ solver, grid, guidance, budget, pair }: Omit<Line, 'calls' | 'error'>) =>
  [solver, grid, guidance, budget, pair].join('|')
const lines: Line[] = existsSync(file)
  ? readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Line)
  : []
const done = new Set(lines.map(key))

const runtime = nodeRuntime()
const pipe = await textToImage(directory(model), { runtime })
const recipe = chooseRecipe(pipe.schedulerConfig, { solver: { name: 'ddim' } })

async function latents(
  solver: Solver,
  schedule: Schedule,
  steps: number,
  guidance: number,
  pair: number,
): Promise<Float32Array> {
  const { prompt, seed } = pairs[pair]!
  const [image] = await pipe.generate(prompt, { recipe, solver, schedule, steps, guidance, seed })
  return image!.latents.data as Float32Array
}

const exact = new Map<string, Promise<Float32Array>>()
function solution(guidance: number, pair: number): Promise<Float32Array> {
  const name = `${guidance} ${pair}`
  const known = exact.get(name) ?? latents(unipc({ order: 3 }), trailing(), 500, guidance, pair)
  exact.set(name, known)
  return known
}

/** The most steps within a budget of calls. */
function stepsFor(
  solver: Solver,
  schedule: Schedule,
  budget: number,
): { readonly steps: number; readonly calls: number } | undefined {
  for (let steps = budget; steps >= 1; steps--) {
    try {
      const plan = solver.plan(schedule.levels(steps, recipe.process), recipe.process)
      const calls = plan.steps.reduce((sum, step) => sum + step.evaluations.length, 0)
      if (calls <= budget) return { steps, calls }
    } catch {
      // Levels that coincide after rounding: this schedule has no such number of steps.
      return undefined
    }
  }
  return undefined
}

async function measure({ name, solver }: Contender, grid: Grid, pair: number): Promise<void> {
  for (const guidance of [7.5, 1]) {
    for (const budget of budgets) {
      const place = { solver: name, grid: grid.name, guidance, budget, pair }
      if (done.has(key(place))) continue
      const run = stepsFor(solver, grid.schedule, budget)
      if (run === undefined) continue
      const [ours, truth] = [
        await latents(solver, grid.schedule, run.steps, guidance, pair),
        await solution(guidance, pair),
      ]
      const squares = ours.reduce((sum, value, i) => sum + (value - truth[i]!) ** 2, 0)
      const line: Line = { ...place, calls: run.calls, error: Math.sqrt(squares / ours.length) }
      lines.push(line)
      done.add(key(place))
      appendFileSync(file, `${JSON.stringify(line)}\n`)
    }
  }
}

/** The solvers that are nearest on a schedule, by their rank over budgets and guidances on the first half of the pairs. */
function best(grid: string, count: number): readonly Contender[] {
  const mean = (solver: string, guidance: number, budget: number): number => {
    const errors = lines
      .filter(
        l =>
          l.solver === solver &&
          l.grid === grid &&
          l.guidance === guidance &&
          l.budget === budget &&
          l.pair < pairs.length / 2,
      )
      .map(l => Math.log(l.error))
    return errors.reduce((a, b) => a + b, 0) / errors.length
  }
  const score = new Map(contenders.map(({ name }) => [name, 0]))
  for (const guidance of [7.5, 1]) {
    for (const budget of budgets) {
      const means = contenders.map(({ name }) => ({ name, mean: mean(name, guidance, budget) }))
      const lowest = Math.min(...means.map(({ mean }) => mean).filter(Number.isFinite))
      for (const { name, mean } of means)
        score.set(name, score.get(name)! + (Number.isFinite(mean) ? mean - lowest : 1))
    }
  }
  return [...contenders].sort((a, b) => score.get(a.name)! - score.get(b.name)!).slice(0, count)
}

const [centre, ...others] = grids as [Grid, ...Grid[]]
for (const pair of pairs.keys()) for (const contender of contenders) await measure(contender, centre, pair)
const finalists = best(centre.name, Number(values.finalists))
const originals = best(centre.name, contenders.length)
  .filter(({ programs }) => programs.includes('diffusers'))
  .slice(0, Number(values.finalists))
for (const pair of pairs.keys()) {
  for (const grid of others) {
    const wanted = grid.programs.includes('diffusers') ? originals : finalists
    for (const contender of wanted) await measure(contender, grid, pair)
  }
}
await runtime.dispose()
