import type { Sizes } from '@fewstep/onnx-graph'
import type { Folder, Port, Runtime, Value } from '@fewstep/runtime'
import { type Seed, torchGenerator } from '@fewstep/tensor'
import { ModelError } from './errors.ts'
import { readJsonIfAny } from './folder.ts'
import { promptEncoder } from './prompts.ts'
import { gaussian } from './start.ts'
import { clipTokenizer } from './tokenizer.ts'
import type { Condition } from './watched-network.ts'

/** Creates the inputs of a U-Net other than latents and timestep. */
export type ConditionEncoder = {
  /** `none` for a U-Net without other inputs. */
  readonly kind: 'prompts' | 'random numbers' | 'none'
  encode(prompt: string): Promise<Condition>
  dispose(): Promise<void>
}

/**
 * Uses the folder's text encoder if it has one and the U-Net has no further inputs, as in Stable Diffusion 1.x and 2.x. Other
 * U-Nets get standard normal numbers, different ones for each prompt.
 *
 * @throws ModelError where an input has a type that cannot hold random numbers
 */
export async function conditionEncoder(
  folder: Folder,
  inputs: readonly Port[],
  options: { readonly runtime: Runtime; readonly sizes: Sizes; readonly seed: Seed },
): Promise<ConditionEncoder> {
  const { runtime, sizes, seed } = options
  const others = inputs.filter(({ name }) => name !== 'sample' && name !== 'timestep')
  if (others.length === 0) return { kind: 'none', encode: async () => ({}), dispose: async () => {} }
  const file = 'text_encoder/model.onnx'
  if (others.length === 1 && others[0]!.name === 'encoder_hidden_states' && (await folder.has(file))) {
    const [tokenizer, textConfig] = await Promise.all([
      clipTokenizer(folder),
      readJsonIfAny(folder, 'text_encoder/config.json'),
    ])
    const textEncoder = await runtime.open(await folder.model(file), { keep: 'all' })
    const encode = promptEncoder({ name: folder.name, tokenizer, textEncoder, textConfig }, runtime.ops)
    return {
      kind: 'prompts',
      encode: async prompt => ({ encoder_hidden_states: await encode(prompt, { name: 'the prompt', warn: () => {} }) }),
      dispose: textEncoder.dispose,
    }
  }
  const unsupported = others.find(({ name, type }) => !/^float/.test(type) || sizes[name] === undefined)
  if (unsupported !== undefined)
    throw new ModelError(
      folder.name,
      `unet has an input ${unsupported.name} of type ${unsupported.type}, for which there is no value`,
    )
  const random = torchGenerator(seed)
  return {
    kind: 'random numbers',
    encode: async (): Promise<Condition> =>
      Object.fromEntries(others.map(({ name }): [string, Value] => [name, gaussian(sizes[name]!, random)])),
    dispose: async () => {},
  }
}
