import { dirname, join } from 'node:path'
import { stdout } from 'node:process'
import { carryDeepFeatures, findSkips } from '@fewstep/onnx-graph'
import { unetSizes } from '@fewstep/pipelines'
import { directory } from '@fewstep/runtime-node'
import { Command } from 'commander'
import { branchLines, costsOf } from './branches.ts'
import { checkFolder } from './files.ts'
import { modelFile, readModelFile } from './model-file.ts'
import { parseNumber } from './parse.ts'
import { writeGraphs } from './write-graphs.ts'

type Flags = { readonly branch?: string; readonly out: string; readonly json?: boolean }

/** `fewstep cut MODEL --branch 0 --out DIR` */
export function cutCommand(): Command {
  return new Command('cut')
    .description('Write the two graphs of DeepCache, for other programs: the whole U-Net, and its shallow part.')
    .argument('<model>', 'an ONNX file of a U-Net, or a Stable Diffusion folder')
    .option('--branch <n>', 'the skip connection to cut at; 0 is the cheapest (0)')
    .requiredOption('--out <dir>', 'where to write full.onnx and shallow.onnx')
    .option('--json', 'print one JSON object on standard output')
    .helpOption('-h, --help', 'show this')
    .addHelpText(
      'after',
      `
Run full.onnx now and then, keep its output "feature", and feed it to shallow.onnx in between. Both share the file of
external data, where the model has one.`,
    )
    .action(cut)
}

async function cut(path: string, flags: Flags): Promise<void> {
  const branch = flags.branch === undefined ? 0 : parseNumber('branch', flags.branch, { whole: true, minimum: 0 })
  const file = await modelFile(path)
  await checkFolder(flags.out)
  const model = await readModelFile(file)
  const { full, shallow, feature } = carryDeepFeatures(model, { branch })
  await writeGraphs(file, { [join(flags.out, 'full.onnx')]: full, [join(flags.out, 'shallow.onnx')]: shallow })
  const branches = findSkips(model).map(skip => skip.branch)
  const costs = costsOf(model, await unetSizes(directory(dirname(dirname(file))), model))
  const said = {
    full: join(flags.out, 'full.onnx'),
    shallow: join(flags.out, 'shallow.onnx'),
    branch,
    branches,
    feature,
    costs,
  }
  if (flags.json === true) stdout.write(`${JSON.stringify(said)}\n`)
  else {
    const lines = [
      `${said.full} and ${said.shallow}: branch ${branch} of ${branches.join(', ')}`,
      `full.onnx gives, and shallow.onnx takes: ${feature}`,
      ...(costs === undefined ? [] : branchLines(costs)),
    ]
    stdout.write(`${lines.join('\n')}\n`)
  }
}
