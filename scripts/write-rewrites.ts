/**
 * Writes every rewrite of every U-Net in the fixtures, and of the embedded one, into a folder, for
 * `reference/check_graphs.py`: `npx -y pnpm@12 exec node --conditions=@fewstep/source scripts/write-rewrites.ts FOLDER [NAME]`.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import {
  carryCrossAttention,
  carryDeepFeatures,
  carrySelfAttention,
  findAttention,
  findSkips,
  foldConstants,
  freeU,
  gateCrossAttention,
  gateDeepFeatures,
  gateSelfAttention,
  type ModelProto,
  readModel,
  writeModel,
} from '@fewstep/onnx-graph'

const folder = process.argv[2]
if (folder === undefined) throw new Error('expected a folder to write to')

const root = fileURLToPath(new URL('../packages/', import.meta.url))
const packed = globSync('onnx-graph/test/fixtures/*.onnx.gz', { cwd: root }).map(path => {
  const bytes = gunzipSync(readFileSync(join(root, path)))
  return [basename(path, '.onnx.gz'), readModel(new Uint8Array(bytes))] as const
})
const emoji = readModel(new Uint8Array(readFileSync(join(root, 'model-emoji/model/unet/model.onnx'))))

for (const [name, model] of [...packed, ['emoji', emoji] as const]) {
  if (!name.includes(process.argv[3] ?? '')) continue
  for (const [rewrite, result] of rewrites(model)) {
    writeFileSync(join(folder, `${name} ${rewrite}.onnx`), writeModel(result))
  }
  console.log(name)
}

function* rewrites(model: ModelProto): Generator<readonly [string, ModelProto]> {
  const cross = findAttention(model).some(({ kind }) => kind === 'cross')
  const branches = findSkips(model).map(({ branch }) => branch)
  yield ['folded', foldConstants(model)]
  for (const version of [1, 2] as const) yield [`freeu ${version}`, freeU(model, { version }).model]
  for (const branch of branches) yield [`shallow ${branch}`, carryDeepFeatures(model, { branch }).shallow]
  yield ['deep full', carryDeepFeatures(model).full]
  yield ['self reuse', carrySelfAttention(model).reuse]
  if (cross) yield ['cross full', carryCrossAttention(model).full]
  if (cross) yield ['cross reuse', carryCrossAttention(model).reuse]
  const gated = gateSelfAttention(gateDeepFeatures(freeU(model).model, { branch: 1 }).model).model
  yield ['all gates', cross ? gateCrossAttention(gated).model : gated]
}
