import { create, type DescMessage, type Message, type MessageShape } from '@bufbuild/protobuf'

/** A new message; fields that are `undefined` stay unset. */
export function message<S extends DescMessage>(
  schema: S,
  fields: { readonly [K in keyof Omit<MessageShape<S>, keyof Message>]?: MessageShape<S>[K] | undefined },
): MessageShape<S> {
  const made = create(schema)
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) (made as Record<string, unknown>)[name] = value
  }
  return made
}
