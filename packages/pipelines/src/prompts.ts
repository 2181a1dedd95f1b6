import type { Port, Value, ValueOps } from '@fewstep/runtime'
import { ModelError } from './errors.ts'
import type { StableDiffusion } from './model.ts'
import { only, outputOf } from './ports.ts'
import type { PromptTokenizer, Tokens } from './tokenizer.ts'

/** A prompt → what the U-Net is conditioned on, [1, tokens, features]; the caller's to dispose. */
export type PromptEncoder = (prompt: string, options: PromptOptions) => Promise<Value>

export type PromptOptions = {
  /** Which of the prompts it is, for messages: `the negative prompt`, `prompt 2 of 3`. */
  readonly name: string
  readonly warn: (message: string) => void
}

/**
 * The tokenizer and the text encoder in one. The last hidden state is taken: Stable Diffusion 2's encoder, which uses the
 * last but one, is exported without its last layer.
 *
 * @throws ModelError where the graph asks for something else than ids and a mask, reads fewer tokens than the tokenizer
 * makes, or does not know one of them
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
  const { max_position_embeddings: most, vocab_size: known } = textConfig
  if (typeof most === 'number' && tokenizer.length > most)
    throw new ModelError(
      name,
      `the tokenizer makes ${tokenizer.length} tokens of a prompt (model_max_length in tokenizer_config.json) and text_encoder reads ${most} (max_position_embeddings in its config.json); set the former to ${most}`,
    )
  return async (prompt, { name: which, warn }) => {
    const tokens = tokenizer.encode(prompt)
    if (tokens.cut) warn(`${which} ${tooLong(tokens, tokenizer)}`)
    const foreign = tokens.ids.find(id => typeof known === 'number' && id >= known)
    if (foreign !== undefined)
      throw new ModelError(
        name,
        `${which} has the token of id ${foreign}, and text_encoder knows ${known} tokens (vocab_size in its config.json); export it with the tokens that were added to the tokenizer`,
      )
    const feeds: Record<string, Value> = { [ids.name]: whole(ids, tokens.ids, name) }
    if (mask !== undefined) feeds[mask.name] = whole(mask, masked ? tokens.mask : tokens.ids.map(() => 1), name)
    return only(await textEncoder.run(feeds), states.name, ops)
  }
}

/** Says how much of a prompt was cut. */
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
