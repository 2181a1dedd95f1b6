/**
 * The time of a whole image in a page, beside that of its graphs alone in plain onnxruntime-web, on WebAssembly, in
 * alternation: `npx -y pnpm@12 bench:web --rounds 9 --threads 2`.
 *
 * The graphs alone are the same runs of the same graphs, in a worker, called through the library directly. Raw results go to `benchmarks/results/web.json`, the table to `docs/benchmarks.md`.
 */
import { parseArgs } from 'node:util'
import { model } from '@fewstep/model-emoji'
import { startBrowser } from '../test/support/browser.ts'
import { bundle } from '../test/support/bundle.ts'
import { startSite } from '../test/support/site.ts'
import { mainThreadTasks } from '../test/support/tasks.ts'
import { machine, median, writeResults, writeSection } from './support/results.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '25' },
  },
})
const [rounds, threads, steps] = [values.rounds, values.threads, values.steps].map(Number) as [number, number, number]
/** Images during which the page's own thread is watched. */
const traced = 5

const [browser, page] = await Promise.all([startBrowser(), bundle(new URL('support/web-page.ts', import.meta.url))])
const site = await startSite({ folders: { '/': page.folder, '/model/': model } })
try {
  const tab = await browser.newPage()
  await tab.goto(site.url)
  const { calls } = await tab.evaluate(options => globalThis.prepare(options), { threads, steps })
  const took = { plain: [] as number[], picture: [] as number[] }
  // The first round warms up. Each round begins with another one.
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 === 0 ? (['plain', 'picture'] as const) : (['picture', 'plain'] as const)
    for (const name of order) {
      const milliseconds = await tab.evaluate(name => globalThis.time(name), name)
      if (round > 0) took[name].push(milliseconds)
    }
  }
  await browser.startTracing(tab, { categories: ['toplevel'] })
  for (let i = 0; i < traced; i++) await tab.evaluate(() => globalThis.time('picture'))
  const trace = await browser.stopTracing()
  const busy = mainThreadTasks(trace).reduce((a, b) => a + b, 0) / traced
  const longest = Math.max(...mainThreadTasks(trace, 'clock'))
  const [plain, picture] = [median(took.plain), median(took.picture)]
  const ratio = median(took.picture.map((milliseconds, round) => milliseconds / took.plain[round]!))
  const more = Math.min(...took.picture) / Math.min(...took.plain) - 1
  const measured = {
    machine: machine(),
    browser: browser.version(),
    threads,
    steps,
    calls,
    took,
    ratio,
    more,
    busy,
    longest,
  }
  await writeResults('web', measured)
  const text = `A 64×64 image of the embedded model in a page of Chromium ${browser.version()}, WebAssembly with ${threads} threads, ${steps} steps
(${calls} evaluations of the U-Net, batch 2), from the prompt to 8-bit pixels; ${rounds} rounds in alternation after one to warm up.
${measured.machine.text}.

| | median | fastest |
|---|---|---|
| the same runs of the graphs in plain onnxruntime-web | ${plain.toFixed(0)} ms | ${Math.min(...took.plain).toFixed(0)} ms |
| the whole image | ${picture.toFixed(0)} ms | ${Math.min(...took.picture).toFixed(0)} ms |

The image takes ${((ratio - 1) * 100).toFixed(1)} % more time than the graphs alone, round by round (median), and ${(more * 100).toFixed(1)} % more by the fastest rounds.
The page's own thread is busy for ${busy.toFixed(0)} ms of processor time per image; over ${traced} images its longest task took ${longest.toFixed(0)} ms on the clock.`
  await writeSection('web', text)
  console.log(text)
} finally {
  await browser.close()
  await site.close()
  await page.remove()
}
