/**
 * The table at the top of the README: how much faster several settings make the embedded model, and how they change its
 * prompt fidelity. `npx -y pnpm@12 bench:readme [--rounds 9] [--prompts 256] [--python PYTHON --torch FOLDER]`.
 *
 * Times are of whole images, in alternation, as ratios to the model's defaults round by round; fidelity is the judge's share
 * of prompts whose name is among its five best, with a 95 % bootstrap interval. FOLDER has the same weights as diffusers saves
 * them; without it the row of diffusers is left out. Raw results go to `benchmarks/results/readme.json`.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { model } from '@fewstep/model-emoji'
import { type Image, textToImage } from '@fewstep/pipelines'
import { cachersOf, choicesOf } from '@fewstep/pipelines/settings'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { chooseRecipe } from '@fewstep/sampler/diffusers'
import { openJudge } from './support/judge.ts'
import { fidelity, readPrompts } from './support/measures.ts'
import { startPython } from './support/python.ts'
import { machine, median, writeResults, writeSection } from './support/results.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: {
    rounds: { ...text, default: '9' },
    prompts: { ...text, default: '256' },
    python: text,
    torch: text,
  },
})
type Settings = {
  readonly steps: number
  readonly guidance: number
  readonly solver?: string
  readonly caches?: readonly string[]
}
const contenders: readonly Settings[] = [
  { steps: 25, guidance: 7.5 },
  { steps: 25, guidance: 7.5, caches: ['deepcache'] },
  { steps: 12, guidance: 7.5, solver: 'dpmpp-2m' },
  { steps: 12, guidance: 7.5, solver: 'dpmpp-2m', caches: ['deepcache:interval=2'] },
  { steps: 8, guidance: 7.5, solver: 'dpmpp-2m' },
  { steps: 4, guidance: 7.5, solver: 'dpmpp-2m' },
  { steps: 25, guidance: 1 },
]

const runtime = nodeRuntime()
const pipes = await Promise.all(
  contenders.map(({ caches = [] }) => textToImage(directory(model), { runtime, cachers: cachersOf({ caches }) })),
)
const judge = await openJudge(runtime)
const named = (await readPrompts()).prompts.slice(0, Number(values.prompts))
const { python, torch } = values
const diffusers =
  python === undefined || torch === undefined
    ? undefined
    : await startPython(python, [fileURLToPath(new URL('./pictures.py', import.meta.url)), 'torch', torch])

async function draw(at: number, prompt: string, seed: number): Promise<Image> {
  const { steps, guidance, solver } = contenders[at]!
  const recipe = chooseRecipe(pipes[at]!.schedulerConfig, choicesOf({ solver, schedule: undefined }))
  return (await pipes[at]!.generate(prompt, { recipe, steps, guidance, seed }))[0]!
}

const ours: number[][] = contenders.map(() => [])
const theirs: number[] = []
for (let round = 0; round <= Number(values.rounds); round++) {
  for (let i = 0; i < contenders.length; i++) {
    const at = (i + round) % contenders.length
    const began = performance.now()
    await draw(at, 'a red apple', 7)
    // The first round warms up.
    if (round > 0) ours[at]!.push((performance.now() - began) / 1000)
  }
  const [seconds] = (await diffusers?.ask()) ?? []
  if (round > 0 && seconds !== undefined) theirs.push(seconds)
}
diffusers?.stop()

const rows: {
  readonly settings: Settings
  readonly seconds: readonly number[]
  readonly image: Image
  readonly right: Awaited<ReturnType<typeof fidelity>>
}[] = []
for (const [at, settings] of contenders.entries()) {
  const images: Image[] = []
  for (const [i, { prompt }] of named.entries()) images.push(await draw(at, prompt, 10_000 + i))
  const right = await fidelity(
    judge,
    images,
    named.map(({ name }) => name),
  )
  rows.push({ settings, seconds: ours[at]!, image: images[0]!, right })
}
await judge.dispose()
await runtime.dispose()

const on = machine()
await writeResults('readme', {
  machine: on,
  prompts: named.length,
  theirs,
  rows: rows.map(({ image, ...row }) => ({ ...row, evaluations: image.evaluations, shallow: image.shallow })),
})
const base = ours[0]!
const ratio = (seconds: readonly number[]): string => `${median(seconds.map((took, i) => base[i]! / took)).toFixed(1)}x`
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`
const flags = ({ steps, guidance, solver, caches = [] }: Settings): string => {
  const chosen = [
    solver && `--solver ${solver}`,
    steps === 25 ? '' : `--steps ${steps}`,
    guidance === 7.5 ? '' : `--guidance ${guidance}`,
    ...caches.map(name => `--cache ${name}`),
  ]
  const given = chosen.filter(Boolean).join(' ')
  return given === '' ? "the model's defaults" : `\`${given}\``
}
const lines = rows.map(({ settings, seconds, image, right }) => {
  const shallow = image.shallow === 0 ? '' : `, ${image.shallow} of them partial`
  return `| ${flags(settings)} | ${image.evaluations}${shallow} | ${median(seconds).toFixed(2)} s | ${ratio(seconds)} | ${percent(right.share)} (${(100 * right.low).toFixed(0)} to ${(100 * right.high).toFixed(0)}) |`
})
const original =
  theirs.length === 0
    ? []
    : [
        `| the same defaults in diffusers on PyTorch | 26 | ${median(theirs).toFixed(2)} s | ${ratio(theirs)} | the same images |`,
      ]
await writeSection(
  'speed',
  [
    '| settings | model evaluations | time an image | faster | prompt fidelity |',
    '|---|---|---|---|---|',
    ...lines.slice(0, 1),
    ...original,
    ...lines.slice(1),
    '',
    `64×64 images of the embedded model, whose defaults are 25 steps of PNDM at guidance 7.5; ${named.length} prompts; ${on.text}. ` +
      '`npx -y pnpm@12 bench:readme` measures this table.',
  ].join('\n'),
  '../README.md',
)
