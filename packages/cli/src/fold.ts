import { stdout } from 'node:process'
import { foldConstants, inspect, type ModelProto } from '@fewstep/onnx-graph'
import { Command } from 'commander'
import { checkWritable } from './files.ts'
import { modelFile, readModelFile } from './model-file.ts'
import { writeGraphs } from './write-graphs.ts'

/** `fewstep fold MODEL --out FILE` */
export function foldCommand(): Command {
  return new Command('fold')
    .description(
      'Write the same graph without the operators that compute constants from sizes; its results stay the same.',
    )
    .argument('<model>', 'an ONNX file, or a Stable Diffusion folder (its U-Net)')
    .requiredOption('--out <file>', 'the ONNX file to write; external weights are copied next to it')
    .option('--json', 'print one JSON object on standard output')
    .helpOption('-h, --help', 'show this')
    .action(fold)
}

async function fold(path: string, { out, json }: { readonly out: string; readonly json?: boolean }): Promise<void> {
  const file = await modelFile(path)
  await checkWritable(out)
  const model = await readModelFile(file)
  const folded = foldConstants(model)
  await writeGraphs(file, { [out]: folded })
  const [before, after] = [model, folded].map(operatorCount)
  if (json === true) stdout.write(`${JSON.stringify({ out, before, after })}\n`)
  else stdout.write(`${out}: ${after} of ${before} operators are left\n`)
}

/** The number of nodes other than constants. */
function operatorCount(model: ModelProto): number {
  const { Constant = 0, ...operators } = inspect(model).operators
  return Object.values(operators).reduce((sum, number) => sum + number, 0)
}
