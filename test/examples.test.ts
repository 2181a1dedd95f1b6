import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { model } from '@fewstep/model-emoji'
import { expect, test } from 'vitest'

const run = async (name: string) => {
  const file = fileURLToPath(new URL(`../examples/${name}`, import.meta.url))
  return (await promisify(execFile)(execPath, ['--conditions=@fewstep/source', file])).stdout
}

test('the solvers around plain onnxruntime-node end on latents of the size that the model was trained on', async () => {
  const out = await run('onnxruntime.ts')
  const [, evaluations, size] = /(\d+) model evaluations; .* is ([\d.]+)/.exec(out)!
  expect(evaluations).toBe('8')
  // Latents have unit variance.
  expect(Number(size)).toBeGreaterThan(0.5)
  expect(Number(size)).toBeLessThan(2)
})

test('run over arrays of jax-js ends on each of two points as often as the data has it', async () => {
  const last = (await run('jax.ts')).trim().split('\n').at(-1)!
  const [, one, two] = /12 of 12: ([\d.]+) and ([\d.]+) at the points/.exec(last)!
  // Of 4000 numbers, three deviations are 0.02; the starting noise lacks the data's mean over 80.
  expect(Math.abs(Number(one) - 0.25)).toBeLessThan(0.03)
  expect(Number(one) + Number(two)).toBe(1)
})

test('run over tensors of another library ends on the data and leaves one tensor alive', async () => {
  const last = (await run('own-tensors.ts')).trim().split('\n').at(-1)!
  expect(last).toMatch(/^12 of 12: .*\(\d tensors alive\)$/)
  for (const number of last.split(':')[1]!.split('(')[0]!.trim().split(' ').map(Number))
    expect(Math.min(Math.abs(number + 1), Math.abs(number - 2))).toBeLessThan(0.05)
})

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const snippets = Array.from(readme.matchAll(/```ts\n([\s\S]*?)```/g), ([, code], i) => ({ number: i + 1, code: code! }))

test.each(snippets)('snippet $number of the README runs', async ({ code }) => {
  const here = code.replace("'path/to/model'", JSON.stringify(fileURLToPath(model)))
  const { stderr } = await promisify(execFile)(
    execPath,
    ['--conditions=@fewstep/source', '--input-type=module-typescript', '--eval', here],
    { cwd: fileURLToPath(new URL('..', import.meta.url)) },
  )
  expect(stderr).toBe('')
})

test('the README has the snippets that are run', () => {
  expect(snippets).toHaveLength(2)
})
