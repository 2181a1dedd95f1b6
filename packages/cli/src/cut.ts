import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stdout } from 'node:process'
import { carryDeepFeatures, findSkips } from '@fewstep/onnx-graph'
import { unetSizes } from '@fewstep/pipelines'
import { directory } from '@fewstep/runtime-node'
import { Command } from 'commander'
import { branchLines, costsOf } from './branches.ts'
import { checkFolder, checkWritable } from './files.ts'
import { modelFile, readModelFile } from './model-file.ts'
import { parseNumber } from './parse.ts'
import { writeGraphs } from './write-graphs.ts'

type Flags = { readonly branch?: string; readonly out: string; readonly json?: boolean }

/** `fewstep cut MODEL --branch 0 --out DIR` */
export function cutCommand(): Command {
  return new Command('cut')
    .description('Write the two graphs of DeepCache for other programs: the full U-Net and its shallow part.')
    .argument('<model>', 'an ONNX file of a U-Net, or a Stable Diffusion folder')
    .option('--branch <n>', 'skip connection to cut at; 0 is the cheapest (default: 0)')
    .requiredOption('--out <dir>', 'folder for full.onnx and shallow.onnx')
    .option('--json', 'print one JSON object on standard output')
    .helpOption('-h, --help', 'show this')
    .addHelpText(
      'after',
      `
Run full.onnx every few steps and keep its output "feature". Run shallow.onnx in the steps between, with that output as
its input. Both graphs use the same file of external data, where the model has one.`,
    )
    .action(cut)
}

async function cut(path: string, flags: Flags): Promise<void> {
  const branch = flags.branch === undefined ? 0 : parseNumber('branch', flags.branch, { whole: true, minimum: 0 })
  const file = await modelFile(path)
  const [fullPath, shallowPath] = [join(flags.out, 'full.onnx'), join(flags.out, 'shallow.onnx')]
  await checkFolder(flags.out)
  for (const path of [fullPath, shallowPath]) if (existsSync(path)) await checkWritable(path)
  const model = await readModelFile(file)
  const { full, shallow, feature } = carryDeepFeatures(model, { branch })
  await writeGraphs(file, { [fullPath]: full, [shallowPath]: shallow })
  const branches = findSkips(model).map(skip => skip.branch)
  const costs = costsOf(model, await unetSizes(directory(dirname(dirname(file))), model))
  const summary = {
    full: fullPath,
    shallow: shallowPath,
    branch,
    branches,
    feature,
    costs,
  }
  if (flags.json === true) stdout.write(`${JSON.stringify(summary)}\n`)
  else {
    const lines = [
      `${summary.full} and ${summary.shallow}: branch ${branch} of ${branches.join(', ')}`,
      `output of full.onnx and input of shallow.onnx: ${feature}`,
      ...(costs === undefined ? [] : branchLines(costs)),
    ]
    stdout.write(`${lines.join('\n')}\n`)
  }
}
