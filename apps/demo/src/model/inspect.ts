import { clipTokenizer } from '@fewstep/pipelines'
import { decodeText, type Folder } from '@fewstep/runtime'
import { chooseRecipe, parseConfig } from '@fewstep/sampler/diffusers'
import { inspectGraph } from './inspect-graph.ts'
import type { Finding, Report } from './report.ts'

/** The graphs that an image needs, and what each is for. */
const needed = { text_encoder: 'Text encoder', unet: 'U-Net', vae_decoder: 'Decoder' } as const

/** Looks at a folder without running anything of it: what it is, what of it runs, and why the rest does not. */
export async function inspectFolder(folder: Folder): Promise<Report> {
  const kind = await kindOf(folder)
  if (kind.problem !== undefined) {
    const findings: Finding[] = [{ weight: 'bad', subject: 'Layout', words: kind.problem }]
    return { name: folder.name, kind: kind.name, runs: false, findings }
  }
  const findings = [await scheduler(folder), await tokenizer(folder)]
  for (const [graph, subject] of Object.entries(needed)) findings.push(...(await inspectGraph(folder, graph, subject)))
  findings.push(await encoder(folder))
  return { name: folder.name, kind: kind.name, runs: findings.every(({ weight }) => weight !== 'bad'), findings }
}

async function kindOf(folder: Folder): Promise<{ readonly name: string; readonly problem?: string }> {
  const first = async (...paths: readonly string[]): Promise<string | undefined> => {
    for (const path of paths) if (await folder.has(path)) return path
    return undefined
  }
  const second = await first('text_encoder_2/model.onnx', 'text_encoder_2/config.json')
  if (second !== undefined)
    return {
      name: 'Stable Diffusion XL',
      problem: `It has ${second}, a second text encoder. XL models are not supported yet; choose a Stable Diffusion 1.x or 2.x export.`,
    }
  const transformer = await first('transformer/model.onnx', 'transformer/config.json')
  if (transformer !== undefined)
    return {
      name: 'A diffusion transformer (Stable Diffusion 3, Flux, …)',
      problem: `It has ${transformer} in the place of a U-Net, which is not supported yet; choose a Stable Diffusion 1.x or 2.x export.`,
    }
  if (await folder.has('unet/model.onnx')) return { name: 'Stable Diffusion 1.x or 2.x in ONNX' }
  const weights = await first(
    'unet/diffusion_pytorch_model.safetensors',
    'unet/diffusion_pytorch_model.fp16.safetensors',
    'unet/diffusion_pytorch_model.bin',
  )
  if (weights !== undefined)
    return {
      name: 'Stable Diffusion for PyTorch',
      problem: `It has ${weights}, but no unet/model.onnx. Convert it first: optimum-cli export onnx --model FOLDER OUT.`,
    }
  if ((await first('model.onnx', 'model_index.json')) === undefined)
    return {
      name: 'Not a model',
      problem:
        'It has neither model_index.json nor unet/model.onnx. Choose the folder that these lie in, not one above or below it.',
    }
  return {
    name: 'An incomplete or unknown model',
    problem:
      'It has no unet/model.onnx. A Stable Diffusion export has unet, text_encoder, vae_decoder, tokenizer and scheduler, each a folder.',
  }
}

async function scheduler(folder: Folder): Promise<Finding> {
  const path = 'scheduler/scheduler_config.json'
  const subject = 'Scheduler'
  if (!(await folder.has(path)))
    return { weight: 'bad', subject, words: `${path} is missing; it says how the model was trained.` }
  try {
    const { solver, schedule, prediction } = chooseRecipe({
      ...(parseConfig(await text(folder, path)) as object),
      // As the pipeline has it: latents know no bounds.
      clip_sample: false,
    })
    return {
      weight: 'good',
      subject,
      words: `Draws with the solver ${solver.name} on the schedule ${schedule.name} by default; the model predicts ${typeof prediction === 'string' ? prediction : 'through a preconditioning'}.`,
    }
  } catch (error) {
    return { weight: 'bad', subject, words: `${path} is not understood: ${(error as Error).message}` }
  }
}

async function tokenizer(folder: Folder): Promise<Finding> {
  try {
    const { length } = await clipTokenizer(folder)
    return {
      weight: 'good',
      subject: 'Tokenizer',
      words: `CLIP's: a prompt has ${length} tokens, ${length - 2} of them for the prompt itself.`,
    }
  } catch (error) {
    return { weight: 'bad', subject: 'Tokenizer', words: (error as Error).message }
  }
}

async function encoder(folder: Folder): Promise<Finding> {
  const has = await folder.has('vae_encoder/model.onnx')
  const words = has
    ? 'There, for image to image; this page does not use it.'
    : 'Not there; only image to image would need it.'
  return { weight: has ? 'good' : 'note', subject: 'Encoder', words }
}

async function text(folder: Folder, path: string): Promise<string> {
  return decodeText(await folder.read(path), path)
}
