import type { ModelProto } from './generated/onnx-ml_pb.ts'
import { StringStringEntryProtoSchema } from './generated/onnx-ml_pb.ts'
import { GraphError } from './model.ts'
import { changed, message } from './proto.ts'

/**
 * What a rewritten model says about itself, in its `metadata_props`, so that further rewrites find the values of the
 * original by their names, in whatever order the rewrites are applied.
 */
export type Entry = 'skips' | 'attention' | 'gates' | 'freeu'

/** The text of an entry; `undefined` where the model has none. */
export function recorded(model: ModelProto, entry: Entry): string | undefined {
  return model.metadataProps.find(({ key }) => key === `fewstep.${entry}`)?.value
}

/** The model with an entry set anew, or without it where the text is `undefined`. */
export function withRecord(model: ModelProto, entry: Entry, text: string | undefined): ModelProto {
  const others = model.metadataProps.filter(({ key }) => key !== `fewstep.${entry}`)
  const own =
    text === undefined ? [] : [message(StringStringEntryProtoSchema, { key: `fewstep.${entry}`, value: text })]
  return changed(model, { metadataProps: [...others, ...own] })
}

/**
 * An entry that lists objects whose fields are texts, numbers, or lists of texts.
 *
 * @throws GraphError where the text is no such list
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

/** What a field of a record holds. */
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
