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

/** A copy of a message, some of its fields set anew. The copy is shallow: weights stay the views that they are. */
export function changed<M extends Message>(original: M, fields: Partial<Omit<M, keyof Message>>): M {
  return Object.assign(Object.create(Object.getPrototypeOf(original)), original, fields)
}
