import { externalFiles, findSkips, inspect, type ModelProto, readModel } from '@fewstep/onnx-graph'
import { unetSizes } from '@fewstep/pipelines'
import type { Folder } from '@fewstep/runtime'
import { percent } from '../words.ts'
import type { Finding } from './report.ts'
import { sharesOf } from './shares.ts'

/** The contents of one graph of a folder, and the parts that do not run here. */
export async function inspectGraph(folder: Folder, graph: string, subject: string): Promise<readonly Finding[]> {
  const path = `${graph}/model.onnx`
  const bad = (words: string): readonly Finding[] => [{ weight: 'bad', subject, words }]
  if (!(await folder.has(path))) return bad(`${path} is missing; export the whole pipeline.`)
  let model: ModelProto
  try {
    model = readModel(await folder.read(path))
  } catch (error) {
    return bad(`${path} cannot be read (${(error as Error).message}). Copy or download it anew.`)
  }
  const { parameters, exporter, inputs, operators } = inspect(model)
  const ports = inputs.map(({ name, type }) => `${name} (${type ?? 'unknown type'})`).join(', ')
  const findings: Finding[] = [
    { weight: 'good', subject, words: `${millions(parameters)} parameters, written by ${exporter}; takes ${ports}.` },
  ]
  const lacking: string[] = []
  for (const file of externalFiles(model)) if (!(await folder.has(`${graph}/${file}`))) lacking.push(file)
  if (lacking.length > 0)
    findings.push(...bad(`Its weights are in ${lacking.join(', ')}, which is missing: put it beside ${path}.`))
  const fused = Object.keys(operators).filter(name => fusedForGpus.has(name))
  if (fused.length > 0)
    findings.push(
      ...bad(
        `It uses ${fused.join(', ')}, which an optimiser for CUDA or DirectML puts in and no browser has. Export it without that optimisation.`,
      ),
    )
  if (graph === 'unet')
    findings.push(
      ...(await unetFindings(
        folder,
        model,
        inputs.map(({ name }) => name),
      )),
    )
  return findings
}

/** Operators that ONNX Runtime's optimisers write, and that only CUDA, ROCm and DirectML have. */
const fusedForGpus: ReadonlySet<string> = new Set(
  ['GroupNorm', 'SkipGroupNorm', 'NhwcConv', 'BiasAdd'].map(name => `com.microsoft:${name}`),
)

const strange: Readonly<Record<string, string>> = {
  text_embeds: 'it is the U-Net of Stable Diffusion XL',
  time_ids: 'it is the U-Net of Stable Diffusion XL',
  timestep_cond: 'it was distilled with guidance as an input (LCM)',
}

async function unetFindings(folder: Folder, model: ModelProto, inputs: readonly string[]): Promise<readonly Finding[]> {
  const subject = 'U-Net'
  const known = new Set(['sample', 'timestep', 'encoder_hidden_states'])
  const others = inputs.filter(name => !known.has(name))
  const missing = [...known].filter(name => !inputs.includes(name))
  const why = others.map(name => strange[name]).find(reason => reason !== undefined)
  const findings: Finding[] = []
  if (others.length > 0)
    findings.push({
      weight: 'bad',
      subject,
      words: `It asks for ${others.join(', ')}${why === undefined ? '' : `: ${why}`}, which is not supported yet.`,
    })
  if (missing.length > 0)
    findings.push({
      weight: 'bad',
      subject,
      words: `It does not take ${missing.join(', ')}: this is not a U-Net as optimum exports it.`,
    })
  const { sample } = await unetSizes(folder, model)
  if (sample?.[1] !== undefined && sample[1] > 4 && sample[1] !== 16)
    findings.push({
      weight: 'bad',
      subject,
      words: `It takes ${sample[1]} channels, as inpainting and depth models do; choose a model that draws from text alone.`,
    })
  const skips = findSkips(model).length
  const shares = await sharesOf(folder, model)
  const cheapest = shares?.shallow[0]
  findings.push(
    skips === 0
      ? {
          weight: 'note',
          subject: 'Caches',
          words: 'No skip connections were found: DeepCache has nothing to cut; caches of whole outputs work.',
        }
      : {
          weight: 'good',
          subject: 'Caches',
          words: `DeepCache can cut at ${skips} skip connections${cheapest === undefined ? '' : `; an evaluation that reuses the deepest part costs ${percent(cheapest)} of a full one`}.${shares === undefined ? '' : ` Cross-attention, which T-GATE leaves out, is ${percent(shares.cross)} of one.`}`,
        },
  )
  return findings
}

function millions(count: number): string {
  return count >= 1e9 ? `${(count / 1e9).toFixed(2)} billion` : `${(count / 1e6).toFixed(1)} million`
}
