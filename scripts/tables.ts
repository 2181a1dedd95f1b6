/** Writes the tables of READMEs from the catalogues: `npx -y pnpm@12 tables`. */
import { readFile, writeFile } from 'node:fs/promises'
import { tables, withTables } from './support/tables.ts'

for (const path of Object.keys(tables)) {
  const file = new URL(`../${path}`, import.meta.url)
  await writeFile(file, withTables(path, await readFile(file, 'utf8')))
}
