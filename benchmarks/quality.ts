/**
 * The quality of a model's images, by a judge that was trained for it (`training/judge`):
 * `npx -y pnpm@12 bench:quality [--model DIR --name NAME] [--steps 25 --guidance 7.5 --solver NAME --schedule NAME --cache NAME]`.
 *
 * - fidelity: the share of 256 prompts × 2 seeds whose name is among the judge's five best;
 * - combinations: 16 objects in colours that no training image shows × 4 seeds, by colour and by name;
 * - frechet: the Fréchet distance of 2,048 images to the real ones, on the judge's features.
 *
 * `--parts frechet` measures one alone; `--prompts`, `--seeds` and `--pictures` take fewer. It resumes where it was stopped:
 * images are kept under `--keep` (`node_modules/.cache/fewstep-quality`), results under `benchmarks/results/quality.json`,
 * from which it writes the table in `docs/benchmarks.md`. The sheet of combinations, a row for each seed, lies beside the images.
 */
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { stderr } from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { model as embedded } from '@fewstep/model-emoji'
import { textToImage } from '@fewstep/pipelines'
import { cachersOf, choicesOf } from '@fewstep/pipelines/settings'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { chooseRecipe } from '@fewstep/sampler/diffusers'
import { parseNumber } from '../packages/cli/src/parse.ts'
import { gridOf } from '../scripts/support/grid.ts'
import { fingerprint } from './support/fingerprint.ts'
import { openJudge } from './support/judge.ts'
import { composition, fidelity, frechet, readPrompts } from './support/measures.ts'
import { type Quality, writeQuality } from './support/quality-results.ts'
import { machine } from './support/results.ts'
import { stocked, type Wish } from './support/stock.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: {
    model: text,
    name: text,
    steps: { ...text, default: '25' },
    guidance: { ...text, default: '7.5' },
    solver: text,
    schedule: text,
    cache: { ...text, multiple: true, default: [] },
    threads: text,
    parts: { ...text, default: 'fidelity,combinations,frechet' },
    prompts: { ...text, default: '256' },
    seeds: { ...text, default: '2' },
    pictures: { ...text, default: '2048' },
    keep: { ...text, default: fileURLToPath(new URL('../node_modules/.cache/fewstep-quality', import.meta.url)) },
  },
})
const count = (name: 'steps' | 'prompts' | 'seeds' | 'pictures', maximum: number): number =>
  parseNumber(name, values[name], { whole: true, minimum: 1, maximum })
const parts = values.parts.split(',')
const unknown = parts.find(part => !['fidelity', 'combinations', 'frechet'].includes(part))
if (unknown !== undefined) throw new Error(`--parts are fidelity, combinations and frechet, got ${unknown}`)
const folder = values.model === undefined ? fileURLToPath(embedded) : resolve(values.model)
const asked = await readPrompts()
const settings = {
  steps: count('steps', 1000),
  guidance: parseNumber('guidance', values.guidance),
  solver: values.solver ?? '',
  schedule: values.schedule ?? '',
  caches: values.cache,
}
const prompts = asked.prompts.slice(0, count('prompts', asked.prompts.length))
const seeds = Array.from({ length: count('seeds', 100) }, (_, i) => i)
const captions = asked.captions.slice(0, count('pictures', asked.captions.length))

const threads = values.threads === undefined ? {} : { threads: parseNumber('threads', values.threads, { whole: true }) }
const runtime = nodeRuntime(threads)
const judge = await openJudge(runtime)
const pipe = await textToImage(directory(folder), { runtime, cachers: cachersOf({ caches: settings.caches }) })
const recipe = chooseRecipe(pipe.schedulerConfig, choicesOf(values))
const print = await fingerprint(folder)
const keep = join(
  values.keep,
  createHash('sha256')
    .update(JSON.stringify([print, settings]))
    .digest('hex')
    .slice(0, 16),
)
const began = Date.now()

const stock = (name: string, wishes: readonly Wish[]) =>
  stocked(
    keep,
    name,
    wishes,
    async ({ prompt, seed }) =>
      (await pipe.generate(prompt, { recipe, steps: settings.steps, guidance: settings.guidance, seed }))[0]!,
    done => {
      const seconds = Math.round((Date.now() - began) / 1000)
      if (done % 32 === 0 || done === wishes.length)
        stderr.write(`${name}: ${done} of ${wishes.length}, ${seconds} s\n`)
    },
  )

const row: Quality = {
  model: { name: values.name ?? (values.model === undefined ? 'embedded' : values.model), fingerprint: print },
  settings,
  ...(parts.includes('fidelity') ? { fidelity: await measureFidelity() } : {}),
  ...(parts.includes('combinations') ? { combinations: await measureCombinations() } : {}),
  ...(parts.includes('frechet') ? { frechet: await measureFrechet() } : {}),
}
await judge.dispose()
await runtime.dispose()
console.log(JSON.stringify(row, undefined, 1))
await writeQuality(row, judge.scores, machine())

async function measureFidelity() {
  // Seed by seed, so that a second one can be drawn later.
  const asked = seeds.flatMap(seed => prompts.map((each, i) => ({ ...each, seed: 10_000 * (seed + 1) + i })))
  const pictures = await stock(`fidelity-${prompts.length}`, asked)
  return {
    prompts: prompts.length,
    seeds: seeds.length,
    ...(await fidelity(
      judge,
      pictures,
      asked.map(each => each.name),
    )),
  }
}

async function measureCombinations() {
  const wanted = [1, 2, 3, 4].flatMap(seed => asked.combinations.map(each => ({ ...each, seed })))
  const pictures = await stock('combinations', wanted)
  await writeFile(join(keep, 'combinations.png'), gridOf(pictures, asked.combinations.length, 1))
  stderr.write(`${join(keep, 'combinations.png')}\n`)
  return composition(judge, pictures, wanted)
}

async function measureFrechet() {
  const pictures = await stock(
    'frechet',
    captions.map((prompt, i) => ({ prompt, seed: 100_000 + i })),
  )
  return { pictures: pictures.length, distance: await frechet(judge, pictures) }
}

/** Of all that decides what is drawn. */
