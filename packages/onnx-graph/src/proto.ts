import { create, type DescMessage, type Message, type MessageShape } from '@bufbuild/protobuf'

/**
 * A shallow copy of a message with some fields set anew. Parts are shared with the original, unknown fields are kept.
 * (Spreading a message would lose the defaults of unset fields, which live on its prototype.)
 */
export function changed<M extends Message>(message: M, fields: Partial<Omit<M, keyof Message>>): M {
  return Object.assign(Object.create(Object.getPrototypeOf(message)) as M, message, fields)
}

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
