import { create, type DescMessage, type Message, type MessageShape } from '@bufbuild/protobuf'

/** Creates a message. Fields that are `undefined` stay unset. */
export function message<S extends DescMessage>(
  schema: S,
  fields: { readonly [K in keyof Omit<MessageShape<S>, keyof Message>]?: MessageShape<S>[K] | undefined },
): MessageShape<S> {
  const result = create(schema)
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) (result as Record<string, unknown>)[name] = value
  }
  return result
}

/** A shallow copy of a message with some fields replaced. Weights are not copied. */
export function changed<M extends Message>(original: M, fields: Partial<Omit<M, keyof Message>>): M {
  return Object.assign(Object.create(Object.getPrototypeOf(original)), original, fields)
}
