import type { Port, Value, ValueOps } from '@fewstep/runtime'
import { ModelError } from './errors.ts'
import type { StableDiffusion } from './model.ts'
import { only, outputOf } from './ports.ts'

/** A prompt → what the U-Net is conditioned on, [1, tokens, features]; the caller's to dispose. */
export type PromptEncoder = (prompt: string, warn: (message: string) => void) => Promise<Value>

/**
 * The tokenizer and the text encoder in one. The last hidden state is taken: Stable Diffusion 2's encoder, which uses the
 * last but one, is exported without its last layer.
 *
 * @throws ModelError where the graph asks for something else than ids and a mask
 */
export function promptEncoder(
  model: Pick<StableDiffusion, 'name' | 'tokenizer' | 'textEncoder' | 'textConfig'>,
  ops: ValueOps,
): PromptEncoder {
  const { name, tokenizer, textEncoder, textConfig } = model
  const { inputs } = textEncoder
  const mask = inputs.find(port => port.name === 'attention_mask')
  const ids = inputs.find(port => port.name === 'input_ids') ?? inputs.find(port => port !== mask)
  const stranger = inputs.find(port => port !== ids && port !== mask)
  if (ids === undefined || stranger !== undefined)
    throw new ModelError(name, `text_encoder asks for ${stranger?.name ?? 'no tokens'}, which is not supported`)
  const states = outputOf(textEncoder, 'last_hidden_state')
  // As diffusers has it: padding is attended to unless the encoder was trained otherwise.
  const masked = textConfig.use_attention_mask === true
  return async (prompt, warn) => {
    const tokens = tokenizer.encode(prompt)
    if (tokens.cut)
      warn(`the prompt is longer than the ${tokenizer.length} tokens that the model reads; its end was cut`)
    const feeds: Record<string, Value> = { [ids.name]: whole(ids, tokens.ids, name) }
    if (mask !== undefined)
      feeds[mask.name] = whole(
        mask,
        tokens.ids.map((_, i) => (masked && i >= tokens.used ? 0 : 1)),
        name,
      )
    return only(await textEncoder.run(feeds), states.name, ops)
  }
}

function whole({ name, type }: Port, numbers: readonly number[], folder: string): Value {
  const shape = [1, numbers.length]
  if (type === 'int64') return { type, shape, data: BigInt64Array.from(numbers, BigInt) }
  if (type === 'int32') return { type, shape, data: Int32Array.from(numbers) }
  throw new ModelError(folder, `text_encoder takes ${name} as ${type}, which is not supported; int32 and int64 are`)
}
