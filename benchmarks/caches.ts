/**
 * How much time caches save on the embedded model, and how they change its images: `npx -y pnpm@12 bench:caches --rounds 5 --python PYTHON
 * --torch FOLDER`. FOLDER has the same weights as diffusers saves them; without these options the original packages are left out.
 *
 * Times are of whole images, 25 DDIM steps, in alternation, as ratios to no cache round by round, and of the U-Net's runs
 * alone. PSNR is the mean over 8 prompts against the image without caches, fidelity the judge's share of `--judged` prompts
 * (64; 0 leaves it out) whose name is among its five best. Raw results go to `benchmarks/results/caches.json`, the tables to
 * `docs/benchmarks.md`.
 */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { type Cacher, cacherOf, shareOfWork, timetable } from '@fewstep/cachers'
import { chooseCacher } from '@fewstep/cachers/catalogue'
import { model } from '@fewstep/model-emoji'
import { readModel, unetCosts } from '@fewstep/onnx-graph'
import { type Image, textToImage } from '@fewstep/pipelines'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { chooseRecipe } from '@fewstep/sampler/diffusers'
import { type CachesResults, type Measured, writeCachesTable } from './support/caches-table.ts'
import { openJudge } from './support/judge.ts'
import { fidelity, readPrompts } from './support/measures.ts'
import { timedNetwork } from './support/network-time.ts'
import { startPython } from './support/python.ts'
import { machine, writeResults } from './support/results.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    python: { type: 'string' },
    torch: { type: 'string' },
    judged: { type: 'string', default: '64' },
  },
})
const steps = 25
const prompts = ['a red apple', 'a cat', 'a blue heart', 'a sun', 'a house', 'a smiling face', 'a green tree', 'a fish']

/** A cache or several, as the command line takes them, and the name of the same in `caches.py`. */
const contenders: readonly { readonly caches: readonly string[]; readonly original?: string }[] = [
  { caches: [], original: 'none' },
  { caches: ['deepcache'], original: 'deepcache-3-0' },
  { caches: ['deepcache:interval=5'], original: 'deepcache-5-0' },
  { caches: ['deepcache:branch=1'], original: 'deepcache-3-1' },
  { caches: ['deepcache:graphs=1'] },
  { caches: ['first-block'] },
  { caches: ['tgate:gate=10'], original: 'tgate' },
  { caches: ['deepcache', 'tgate:gate=10'], original: 'deepcache-tgate' },
  { caches: ['easycache'] },
  { caches: ['ucache:threshold=0.3'] },
  { caches: ['taylorseer:interval=2'] },
  { caches: ['taylorseer:interval=3'] },
  { caches: ['spectrum'] },
  { caches: ['guidance-reuse'] },
  { caches: ['guidance-interval:from=0.2,to=0.8'] },
  { caches: ['adaptive-guidance'] },
  { caches: ['taylorseer:interval=2', 'deepcache:interval=2', 'guidance-reuse'] },
]
const nameOf = ({ caches }: (typeof contenders)[number]) => (caches.length === 0 ? 'none' : caches.join(' + '))
const cachersOf = (caches: readonly string[]): readonly Cacher[] =>
  caches.map(text => {
    const [name, rest] = text.split(':')
    const options = Object.fromEntries((rest?.split(',') ?? []).map(pair => pair.split('=') as [string, string]))
    return chooseCacher({ name: name!, options })
  })

const { runtime, network } = timedNetwork(nodeRuntime())
// Each has a separate pipeline, so that no graph is opened during a measurement.
const pipes = await Promise.all(
  contenders.map(({ caches }) => textToImage(directory(model), { runtime, cachers: cachersOf(caches) })),
)
const recipe = chooseRecipe(pipes[0]!.schedulerConfig, { solver: { name: 'ddim' } })
const judged = Number(values.judged)
const judge = judged > 0 ? await openJudge(runtime) : undefined
const named = (await readPrompts()).prompts.slice(0, judged)
const { python, torch } = values
const originals =
  python === undefined || torch === undefined
    ? undefined
    : await startPython(python, [new URL('./caches.py', import.meta.url).pathname, torch])
const unet = readModel(new Uint8Array(await readFile(new URL('unet/model.onnx', model))))
const costs = unetCosts(unet, { sample: [1, 4, 16, 16], timestep: [], encoder_hidden_states: [1, 32, 192] })

async function draw(at: number, guidance: number, prompt: string): Promise<Image> {
  const [image] = await pipes[at]!.generate(prompt, { recipe, steps, guidance, seed: 7 })
  return image!
}

/** The judge's share of right names, with the seeds of `quality.ts`. */
async function fidelityOf(at: number, guidance: number): Promise<number | undefined> {
  if (judge === undefined) return undefined
  const images: Image[] = []
  for (const [i, { prompt }] of named.entries()) {
    const [image] = await pipes[at]!.generate(prompt, { recipe, steps, guidance, seed: 10_000 + i })
    images.push(image!)
  }
  return (
    await fidelity(
      judge,
      images,
      named.map(({ name }) => name),
    )
  ).share
}

function psnr(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let squares = 0
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]!) ** 2
  return 10 * Math.log10((255 * 255 * a.length) / Math.max(squares, 1e-9))
}

function share(caches: readonly string[], guided: boolean): number | undefined {
  const cachers = cachersOf(caches)
  // Caches that decide during the run have no share that is known before.
  const adaptive = ['adaptive-guidance', 'first-block']
  if (cachers.some(({ kind, name }) => kind === 'adaptive-output' || adaptive.includes(name))) return undefined
  const plan = recipe.solver.plan(recipe.schedule.levels(steps, recipe.process), recipe.process)
  const branch = cacherOf(cachers, 'deep-features')?.branch
  const shallow = costs.shallow.find(entry => entry.branch === branch)?.share ?? 1
  return shareOfWork(timetable(plan, cachers, { guided }), { ...costs, shallow }, { guided })
}

const measured: Measured[] = []
for (const guidance of [7.5, 1]) {
  const ours: number[][] = contenders.map(() => [])
  const theirs: number[][] = contenders.map(() => [])
  const theirsAlone: number[][] = contenders.map(() => [])
  const alone: number[][] = contenders.map(() => [])
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (let i = 0; i < contenders.length; i++) {
      const at = (i + round) % contenders.length
      network.reset()
      const began = performance.now()
      await draw(at, guidance, prompts[0]!)
      const took = (performance.now() - began) / 1000
      const inNetwork = network.seconds()
      const { original } = contenders[at]!
      const answer = original === undefined ? undefined : await originals?.ask(`${original} ${guidance}`)
      const [whole = Number.NaN, unetAlone = Number.NaN] = answer ?? []
      // The first round warms up.
      if (round === 0) continue
      ours[at]!.push(took)
      alone[at]!.push(inNetwork)
      if (!Number.isFinite(whole)) continue
      theirs[at]!.push(whole)
      theirsAlone[at]!.push(unetAlone)
    }
  }
  const base = await Promise.all(prompts.map(prompt => draw(0, guidance, prompt)))
  const rows: Measured['rows'][number][] = []
  for (const [at, contender] of contenders.entries()) {
    const images: Image[] = []
    for (const prompt of prompts) images.push(await draw(at, guidance, prompt))
    const quality = images.map((image, i) => psnr(image.data, base[i]!.data))
    rows.push({
      name: nameOf(contender),
      calls: images.reduce((sum, image) => sum + image.evaluations, 0) / images.length,
      share: share(contender.caches, guidance > 1),
      fidelity: await fidelityOf(at, guidance),
      psnr: at === 0 ? undefined : quality.reduce((a, b) => a + b, 0) / quality.length,
      ours: ours[at]!,
      alone: alone[at]!,
      theirs: theirs[at]!,
      theirsAlone: theirsAlone[at]!,
    })
  }
  measured.push({ guidance, rows })
}
originals?.stop()
await runtime.dispose()
const results: CachesResults = { machine: machine(), steps, prompts: prompts.length, judged: named.length, measured }
await writeResults('caches', results)
await writeCachesTable(results)
