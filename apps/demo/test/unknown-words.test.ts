import { readFileSync } from 'node:fs'
import { model } from '@fewstep/model-emoji'
import { clipTokenizer } from '@fewstep/pipelines'
import { directory } from '@fewstep/runtime-node'
import { expect, test } from 'vitest'
import { unknownWarning, unknownWords } from '../src/engine/unknown-words.ts'

const tokenizer = await clipTokenizer(directory(model))

test.each([
  ['🍎', ['🍎']],
  ['تفاحة حمراء', ['تفاحة', 'حمراء']],
  ['红苹果', ['红苹果']],
  ['a red 🍎', ['🍎']],
  ['ein Äpfelchen', ['Äpfelchen']],
  ['qx zj', ['qx', 'zj']],
  ['a red apple', []],
  ['A RED APPLE!!', []],
  ['2 cats, twemoji style', []],
  ['x', []],
  ['', []],
])('of “%s” the model does not know %j', (prompt, words) => {
  expect(unknownWords(tokenizer, prompt)).toEqual(words)
  expect(unknownWarning(tokenizer, prompt) === undefined).toBe(words.length === 0)
})

test('the names that the model was trained on are known', () => {
  const { prompts } = JSON.parse(
    readFileSync(new URL('../../../training/judge/prompts.json', import.meta.url), 'utf8'),
  ) as { readonly prompts: readonly { readonly prompt: string }[] }
  expect(prompts.length).toBeGreaterThan(200)
  const strange = prompts.filter(({ prompt }) => unknownWords(tokenizer, prompt).length > 0)
  expect(strange).toEqual([])
})

test('the warning names the words, and says what comes of them', () => {
  expect(unknownWarning(tokenizer, '🍎 🍐')).toMatch(/does not know “🍎”, “🍐”, so the image will be random/)
  expect(unknownWarning(tokenizer, 'a red 🍎')).toMatch(/does not know “🍎”, and ignores or misreads/)
})
