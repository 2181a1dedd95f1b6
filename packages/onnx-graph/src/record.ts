import type { ModelProto } from './generated/onnx-ml_pb.ts'
import { StringStringEntryProtoSchema } from './generated/onnx-ml_pb.ts'
import { GraphError } from './model.ts'
import { changed, message } from './proto.ts'

/**
 * Entries in the `metadata_props` of a rewritten model. They hold the names that values have in the original model, so further
 * rewrites find these values, whatever the order of the rewrites.
 */
export type Entry = 'skips' | 'attention' | 'gates' | 'freeu'

/** The text of an entry; `undefined` if the model does not have it. */
export function recorded(model: ModelProto, entry: Entry): string | undefined {
  return model.metadataProps.find(({ key }) => key === `fewstep.${entry}`)?.value
}

/** The model with an entry set to a text, or without the entry if the text is `undefined`. */
export function withRecord(model: ModelProto, entry: Entry, text: string | undefined): ModelProto {
  const others = model.metadataProps.filter(({ key }) => key !== `fewstep.${entry}`)
  const added =
    text === undefined ? [] : [message(StringStringEntryProtoSchema, { key: `fewstep.${entry}`, value: text })]
  return changed(model, { metadataProps: [...others, ...added] })
}

/**
 * Reads an entry that is a list of objects, whose fields are texts, numbers, or lists of texts.
 *
 * @throws GraphError if the text is not such a list
 */
export function readList<T>(
  model: ModelProto,
  entry: Entry,
  fields: Readonly<Record<keyof T, FieldKind>>,
): readonly T[] {
  const text = recorded(model, entry)
  if (text === undefined) return []
  const list = parsed(text)
  const fits = (item: unknown): item is T =>
    typeof item === 'object' &&
    item !== null &&
    Object.entries(fields).every(([name, kind]) => isKind((item as Record<string, unknown>)[name], kind as FieldKind))
  if (!Array.isArray(list) || !list.every(fits)) {
    throw new GraphError(
      `the metadata fewstep.${entry} of the model is damaged: expected a list of ${Object.keys(fields).join(', ')}; rewrite the original model again`,
    )
  }
  return list
}

/** The type of a field in an entry. */
export type FieldKind = 'string' | 'number' | 'strings' | 'optional number'

function isKind(value: unknown, kind: FieldKind): boolean {
  if (kind === 'strings') return Array.isArray(value) && value.every(item => typeof item === 'string')
  if (kind === 'optional number') return value === undefined || typeof value === 'number'
  return typeof value === kind
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
