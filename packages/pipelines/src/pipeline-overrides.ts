import type { Folder } from '@fewstep/runtime'
import { type Json, readJson, readJsonIfAny } from './folder.ts'

/**
 * The options that diffusers' pipelines change in a model's configuration. Their constructors change these (diffusers 0.42.1;
 * `reference/pipelines.py` reads them):
 *
 * | pipeline | `steps_offset` → 1 | `clip_sample` → false | `skip_prk_steps` → true | `sample_size` < 64 → 64 |
 * |---|---|---|---|---|
 * | Stable Diffusion 1, 2 and Turbo: text to image, image to image, PAG; Alt Diffusion, LEdits++ | yes | yes | | yes |
 * | the same, inpainting; DiffEdit | yes | | yes | yes |
 * | Cycle Diffusion | yes | | | yes |
 * | `OnnxStableDiffusion…` | yes | yes | | |
 * | depth to image, image variation | | | | yes |
 * | Latent Consistency, XL, 3, ControlNet, adapters, upscaling, InstructPix2Pix, GLIGEN and others | | | | |
 *
 * `steps_offset` becomes 1 in any case, also where it is absent or null. `sample_size` changes only in a U-Net
 * configuration that diffusers before 0.9 wrote, and only where it is one number. In `__call__`:
 *
 * - `eta` is 0 by default, and is passed to every scheduler whose `step` takes it. The classes' defaults are 0 too, except for
 *   TCDScheduler's 0.3.
 * - Guidance of 1 or less is no guidance ({@link guidanceOf}).
 * - Image to image takes the last `⌊steps·strength⌋` steps ({@link route}).
 *
 * Other options have no effect here: `requires_safety_checker`, and XL's `force_zeros_for_empty_prompt` and `upcast`ed decoders.
 * Where PNDM's `skip_prk_steps` is absent, it is false. Text to image leaves it so: the run begins with Runge-Kutta steps.
 *
 * A solver that is chosen by name uses the changed configuration, as if its scheduler were passed to the pipeline's
 * constructor. (`pipe.scheduler = X.from_config(pipe.scheduler.config)` differs in one case: it drops options that the file does
 * not have, and X then uses its defaults: a `steps_offset` of 0, and for DDIM also clipping.)
 */
export type PipelineChange = 'steps_offset' | 'clip_sample' | 'skip_prk_steps' | 'sample_size'

const textToImage = ['steps_offset', 'clip_sample', 'sample_size'] as const
const changes: readonly (readonly [RegExp, readonly PipelineChange[]])[] = [
  [/^(Onnx|StableDiffusionOnnx)/, ['steps_offset', 'clip_sample']],
  [/^StableDiffusion(Inpaint|DiffEdit)Pipeline$/, ['steps_offset', 'skip_prk_steps', 'sample_size']],
  [/^CycleDiffusionPipeline$/, ['steps_offset', 'sample_size']],
  [/^StableDiffusion(Depth2Img|ImageVariation)Pipeline$/, ['sample_size']],
  [/^StableDiffusion(Img2Img|InpaintLegacy|PAG\w*)?Pipeline(Safe)?$/, textToImage],
  [/^LatentConsistencyModel/, []],
  [/^StableDiffusion(3|XL|ControlNet|Adapter|Upscale|LatentUpscale|InstructPix2Pix|GLIGEN|SAG|Panorama|LDM3D)/, []],
  [/^StableDiffusion(AttendAndExcite|ModelEditing|Paradigms|Pix2PixZero|KDiffusion)/, []],
]

/** The options that the constructor of a pipeline class changes. Unknown names count as `StableDiffusionPipeline`. */
export function pipelineChanges(className: string): readonly PipelineChange[] {
  // Optimum's classes call the constructors of the diffusers classes that they are named after.
  const name = className.replace(/^(ORT|OV)(?=[A-Z])/, '')
  return changes.find(([pattern]) => pattern.test(name))?.[1] ?? textToImage
}

/**
 * Reads a folder's scheduler configuration as its pipeline uses it: `scheduler/scheduler_config.json` with the changes that
 * diffusers makes for the class in `model_index.json`, or for Stable Diffusion where that file is missing. A folder without a
 * decoder is no such pipeline: its configuration stays unchanged.
 *
 * @throws ModelError where the file is missing or not a JSON object
 * @example chooseRecipe(await readSchedulerConfig(folder))
 */
export async function readSchedulerConfig(folder: Folder): Promise<Json> {
  const config = await readJson(folder, 'scheduler/scheduler_config.json')
  if (!(await folder.has('vae_decoder/model.onnx'))) return config
  const changed = await changesOf(folder)
  return {
    ...config,
    _step: { eta: 0 },
    ...(changed.includes('steps_offset') ? { steps_offset: 1 } : {}),
    ...(changed.includes('clip_sample') ? { clip_sample: false } : {}),
    ...(changed.includes('skip_prk_steps') ? { skip_prk_steps: true } : {}),
  }
}

/** Reads `unet/config.json` as the pipeline uses it; empty where it is missing. @throws ModelError where it is not a JSON object */
export async function readUnetConfig(folder: Folder): Promise<Json> {
  const config = await readJsonIfAny(folder, 'unet/config.json')
  const { sample_size: size, _diffusers_version: version } = config
  if (typeof size !== 'number' || size >= 64 || typeof version !== 'string' || !/^0\.[0-8](\.|$)/.test(version))
    return config
  return (await changesOf(folder)).includes('sample_size') ? { ...config, sample_size: 64 } : config
}

async function changesOf(folder: Folder): Promise<readonly PipelineChange[]> {
  const { _class_name: name } = await readJsonIfAny(folder, 'model_index.json')
  return pipelineChanges(typeof name === 'string' ? name : 'StableDiffusionPipeline')
}
