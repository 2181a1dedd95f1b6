import { dirname } from 'node:path'
import { stdout } from 'node:process'
import { externalFiles, type Inspection, inspect, type UnetCosts } from '@fewstep/onnx-graph'
import { unetSizes } from '@fewstep/pipelines'
import { directory } from '@fewstep/runtime-node'
import { Command } from 'commander'
import { branchLines, costsOf } from './branches.ts'
import { ArgumentError } from './exit-code.ts'
import { type MeasureFlags, measure, readMeasureFlags } from './measure.ts'
import { measurementLines } from './measure-text.ts'
import { modelFile, readModelFile } from './model-file.ts'
import { collect } from './parse.ts'

/** `fewstep inspect MODEL` */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description(
      'Describe an ONNX model: inputs, outputs, operators, parameters, and the cost of the parts of a U-Net.',
    )
    .argument('<model>', 'an ONNX file, or a Stable Diffusion folder (its U-Net)')
    .option('--json', 'print one JSON object on standard output')
    .optionsGroup('Run the U-Net as well:')
    .option(
      '--measure',
      'measure how much the values that caches reuse change between evaluations, and suggest cache settings',
    )
    .option('--plot <file.svg>', 'write the measurement as a chart')
    .option('--prompt <text>', 'a prompt to run; can be repeated (default: four prompts)', collect)
    .option('--steps <n>', 'number of sampling steps (default: 25)')
    .option('--guidance <s>', 'guidance scale; 1 or less turns guidance off (default: 7.5)')
    .option('--seed <n>', 'seed of the first prompt; each further prompt has the next seed (default: 0)')
    .option('--solver <name>', "the solver (default: the model's)")
    .option('--schedule <name>', "the noise levels (default: the model's)")
    .option('--tolerance <share>', 'largest relative error of reused deep features (default: 0.2)')
    .optionsGroup('Other:')
    .helpOption('-h, --help', 'show this')
    .action(describe)
}

type Flags = MeasureFlags & { readonly json?: boolean; readonly measure?: boolean }

async function describe(path: string, flags: Flags): Promise<void> {
  const { json, measure: measuring, ...more } = flags
  const [unused] = measuring === true ? [] : Object.keys(more)
  if (unused !== undefined) throw new ArgumentError(`--${unused} needs --measure; add --measure`)
  const request = measuring === true ? await readMeasureFlags(more) : undefined
  const file = await modelFile(path)
  const model = await readModelFile(file)
  const sizes = await unetSizes(directory(dirname(dirname(file))), model)
  const inspection = { ...inspect(model, sizes), externalFiles: externalFiles(model) }
  const costs = costsOf(model, sizes)
  const measured = request && (await measure(file, sizes, request))
  if (json === true) stdout.write(`${JSON.stringify({ file, sizes, ...inspection, costs, measured })}\n`)
  else
    stdout.write(
      `${[text(inspection, costs), ...(measured === undefined ? [] : ['', ...measurementLines(measured)])].join('\n')}\n`,
    )
}

function text(
  inspection: Inspection & { readonly externalFiles: readonly string[] },
  costs: UnetCosts | undefined,
): string {
  const { inputs, outputs, opsets, exporter, operators, parameters, multiplyAdds, uncounted, blocks } = inspection
  const port = ({ name, type, shape }: (typeof inputs)[number]) =>
    `${name} ${type ?? '?'} [${shape?.join(', ') ?? '?'}]`
  const common = Object.entries(operators).slice(0, 8)
  const lines = [
    `inputs       ${inputs.map(port).join('\n             ')}`,
    `outputs      ${outputs.map(port).join('\n             ')}`,
    `exporter     ${exporter}, opset ${opsets[''] ?? '?'}`,
    `operators    ${common.map(([name, count]) => `${count} ${name}`).join(', ')}${Object.keys(operators).length > 8 ? ', …' : ''}`,
    `parameters   ${millions(parameters)}${inspection.externalFiles.length > 0 ? `, in ${inspection.externalFiles.join(', ')}` : ''}`,
    ...(uncounted > 0 ? [] : [`multiply-adds ${millions(multiplyAdds)} per evaluation, for one condition`]),
    ...(blocks.length < 2 ? [] : ['', ...blocks.map(block => blockLine(block, multiplyAdds))]),
  ]
  if (costs === undefined) return lines.join('\n')
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  return [
    ...lines,
    '',
    ...branchLines(costs),
    `T-GATE: cross-attention is ${percent(costs.cross)} of an evaluation, self-attention ${percent(costs.self)}`,
  ].join('\n')
}

function blockLine({ name, parameters, multiplyAdds }: Inspection['blocks'][number], total: number): string {
  const share = `${((100 * multiplyAdds) / total).toFixed(1).padStart(6)} % of multiply-adds`
  return `  ${(name === '' ? 'other' : name).padEnd(14)}${millions(parameters).padStart(10)}${share}`
}

function millions(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} G`
  return count >= 1e6 ? `${(count / 1e6).toFixed(2)} M` : `${(count / 1e3).toFixed(1)} k`
}
