import type { Port, Value, ValueOps } from '@fewstep/runtime'
import { ModelError } from './errors.ts'
import type { StableDiffusion } from './model.ts'
import { only, outputOf } from './ports.ts'
import type { PromptTokenizer, Tokens } from './tokenizer.ts'

/** A prompt → the U-Net's condition, [1, tokens, features]. The caller disposes it. */
export type PromptEncoder = (prompt: string, options: PromptOptions) => Promise<Value>

type PromptOptions = {
  /** The prompt's name in messages: `the negative prompt`, `prompt 2 of 3`. */
  readonly name: string
  readonly warn: (message: string) => void
}

/**
 * Tokenizer and text encoder together. The condition is the last hidden state. Stable Diffusion 2 uses the last but one; its
 * encoder is exported without the last layer.
 *
 * @throws ModelError where the graph has inputs other than ids and a mask, reads fewer tokens than the tokenizer produces, or
 * has no embedding for a token
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
    throw new ModelError(
      name,
      stranger === undefined
        ? 'text_encoder has no input for tokens, which is not supported'
        : `text_encoder asks for ${stranger.name}, which is not supported`,
    )
  const states = outputOf(textEncoder, 'last_hidden_state')
  // As in diffusers: padding is attended to unless the encoder's configuration says otherwise.
  const masked = textConfig.use_attention_mask === true
  const { max_position_embeddings: most, vocab_size: vocabularySize } = textConfig
  if (typeof most === 'number' && tokenizer.length > most)
    throw new ModelError(
      name,
      `the tokenizer makes ${tokenizer.length} tokens of a prompt (model_max_length in tokenizer_config.json), but text_encoder reads ${most} (max_position_embeddings in its config.json); set model_max_length to ${most}`,
    )
  return async (prompt, { name: which, warn }) => {
    const tokens = tokenizer.encode(prompt)
    if (tokens.cut) warn(`${which} ${tooLong(tokens, tokenizer)}`)
    const foreign = tokens.ids.find(id => typeof vocabularySize === 'number' && id >= vocabularySize)
    if (foreign !== undefined)
      throw new ModelError(
        name,
        `${which} has the token of id ${foreign}, and text_encoder knows ${vocabularySize} tokens (vocab_size in its config.json); export it with the tokens that were added to the tokenizer`,
      )
    const feeds: Record<string, Value> = { [ids.name]: whole(ids, tokens.ids, name) }
    if (mask !== undefined) feeds[mask.name] = whole(mask, masked ? tokens.mask : tokens.ids.map(() => 1), name)
    return only(await textEncoder.run(feeds), states.name, ops)
  }
}

/** The warning about a prompt that was cut. */
function tooLong({ total }: Tokens, { length, cutSide }: PromptTokenizer): string {
  const room = length - 2
  const lost = total - room === 1 ? 'one was' : `${total - room} were`
  const [end, reads] = [cutSide === 'right' ? 'last' : 'first', `the ${length} tokens that the model reads`]
  return `is longer than ${reads}, ${room} of them for the prompt itself: of its ${total} tokens the ${end} ${lost} cut`
}

function whole({ name, type }: Port, numbers: readonly number[], folder: string): Value {
  const shape = [1, numbers.length]
  if (type === 'int64') return { type, shape, data: BigInt64Array.from(numbers, BigInt) }
  if (type === 'int32') return { type, shape, data: Int32Array.from(numbers) }
  throw new ModelError(folder, `text_encoder takes ${name} as ${type}, which is not supported; int32 and int64 are`)
}
