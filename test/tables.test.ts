import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { tables, withTables } from '../scripts/support/tables.ts'

test.each(Object.keys(tables))('the tables of %s are those of the catalogues', path => {
  const text = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
  // Where this fails: npx -y pnpm@12 tables
  expect(withTables(path, text)).toBe(text)
})
