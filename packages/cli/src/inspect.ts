import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { stdout } from 'node:process'
import { externalFiles, type Inspection, inspect, readModel, type UnetCosts } from '@fewstep/onnx-graph'
import { directory } from '@fewstep/runtime-node'
import { Command } from 'commander'
import { branchLines, costsOf } from './branches.ts'
import { modelFile } from './model-file.ts'
import { sizesOf } from './unet-sizes.ts'

/** `fewstep inspect MODEL` */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description(
      'Say what an ONNX model is: inputs, outputs, operators, parameters, and what the parts of a U-Net cost.',
    )
    .argument('<model>', 'an ONNX file, or a Stable Diffusion folder, whose U-Net is meant')
    .option('--json', 'print one JSON object on standard output')
    .helpOption('-h, --help', 'show this')
    .action(describe)
}

async function describe(path: string, flags: { readonly json?: boolean }): Promise<void> {
  const file = await modelFile(path)
  const model = readModel(new Uint8Array(await readFile(file)))
  const sizes = await sizesOf(directory(dirname(dirname(file))), model)
  const whole = { ...inspect(model, sizes), externalFiles: externalFiles(model) }
  const costs = costsOf(model, sizes)
  stdout.write(
    flags.json === true ? `${JSON.stringify({ file, sizes, ...whole, costs })}\n` : `${text(whole, costs)}\n`,
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
