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
      'Say what an ONNX model is: inputs, outputs, operators, parameters, and what the parts of a U-Net cost.',
    )
    .argument('<model>', 'an ONNX file, or a Stable Diffusion folder, whose U-Net is meant')
    .option('--json', 'print one JSON object on standard output')
    .optionsGroup('Run the U-Net too:')
    .option('--measure', 'measure how much what caches reuse changes from call to call, and what follows for them')
    .option('--plot <file.svg>', 'and draw it')
    .option('--prompt <text>', 'a prompt to run it on, several times if wanted (four of our own)', collect)
    .option('--steps <n>', 'sampling steps (25)')
    .option('--guidance <s>', 'guidance; 1 or less is none (7.5)')
    .option('--seed <n>', "the first prompt's; the others count on (0)")
    .option('--solver <name>', "how to step (the model's own)")
    .option('--schedule <name>', "which noise levels (the model's own)")
    .option('--tolerance <share>', 'how far off reused deep features may be (0.2)')
    .optionsGroup('Other:')
    .helpOption('-h, --help', 'show this')
    .action(describe)
}

type Flags = MeasureFlags & { readonly json?: boolean; readonly measure?: boolean }

async function describe(path: string, flags: Flags): Promise<void> {
  const { json, measure: measuring, ...more } = flags
  const [unused] = measuring === true ? [] : Object.keys(more)
  if (unused !== undefined) throw new ArgumentError(`--${unused} is a matter of --measure; give that too`)
  const request = measuring === true ? await readMeasureFlags(more) : undefined
  const file = await modelFile(path)
  const model = await readModelFile(file)
  const sizes = await unetSizes(directory(dirname(dirname(file))), model)
  const whole = { ...inspect(model, sizes), externalFiles: externalFiles(model) }
  const costs = costsOf(model, sizes)
  const measured = request && (await measure(file, sizes, request))
  if (json === true) stdout.write(`${JSON.stringify({ file, sizes, ...whole, costs, measured })}\n`)
  else
    stdout.write(
      `${[text(whole, costs), ...(measured === undefined ? [] : ['', ...measurementLines(measured)])].join('\n')}\n`,
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
    ...(uncounted > 0 ? [] : [`multiply-adds ${millions(multiplyAdds)} a call, for one condition`]),
    ...(blocks.length < 2 ? [] : ['', ...blocks.map(block => blockLine(block, multiplyAdds))]),
  ]
  if (costs === undefined) return lines.join('\n')
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  return [
    ...lines,
    '',
    ...branchLines(costs),
    `T-GATE: cross-attention is ${percent(costs.cross)} of a call, self-attention ${percent(costs.self)}`,
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
