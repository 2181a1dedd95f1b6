import type { Sizes } from '@fewstep/onnx-graph'
import type { Folder, Port, Runtime, Value } from '@fewstep/runtime'
import { type Seed, torchGenerator } from '@fewstep/tensor'
import { ModelError } from './errors.ts'
import { readJsonIfAny } from './folder.ts'
import { promptEncoder } from './prompts.ts'
import { gaussian } from './start.ts'
import { clipTokenizer } from './tokenizer.ts'
import type { Condition } from './watched-network.ts'

/** Makes what a U-Net takes beside image and timestep. */
export type ConditionEncoder = {
  /** `none` for a U-Net that takes nothing else. */
  readonly kind: 'prompts' | 'random numbers' | 'none'
  encode(prompt: string): Promise<Condition>
  dispose(): Promise<void>
}

/**
 * The folder's own text encoder where it has one and the U-Net asks for nothing else, as in Stable Diffusion 1.x and 2.x;
 * for other U-Nets standard normal numbers, others for each prompt.
 *
 * @throws ModelError where an input is of a type that random numbers are no use for
 */
export async function conditionEncoder(
  folder: Folder,
  inputs: readonly Port[],
  options: { readonly runtime: Runtime; readonly sizes: Sizes; readonly seed: Seed },
): Promise<ConditionEncoder> {
  const { runtime, sizes, seed } = options
  const wanted = inputs.filter(({ name }) => name !== 'sample' && name !== 'timestep')
  if (wanted.length === 0) return { kind: 'none', encode: async () => ({}), dispose: async () => {} }
  const file = 'text_encoder/model.onnx'
  if (wanted.length === 1 && wanted[0]!.name === 'encoder_hidden_states' && (await folder.has(file))) {
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
  const stranger = wanted.find(({ name, type }) => !/^float/.test(type) || sizes[name] === undefined)
  if (stranger !== undefined)
    throw new ModelError(folder.name, `unet takes ${stranger.name} as ${stranger.type}, for which there is no value`)
  const random = torchGenerator(seed)
  return {
    kind: 'random numbers',
    encode: async (): Promise<Condition> =>
      Object.fromEntries(wanted.map(({ name }): [string, Value] => [name, gaussian(sizes[name]!, random)])),
    dispose: async () => {},
  }
}
