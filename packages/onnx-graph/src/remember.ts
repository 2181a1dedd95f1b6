import { findAttention } from './attention.ts'
import type { ModelProto } from './generated/onnx-ml_pb.ts'
import { recorded, withRecord } from './record.ts'
import { findSkips } from './skips.ts'

/** Records the skip connections and attention layers in the model's metadata, before a rewrite changes its structure. */
export function remembered(model: ModelProto): ModelProto {
  const existing = (['skips', 'attention'] as const).filter(entry => recorded(model, entry) !== undefined)
  const withSkips = existing.includes('skips') ? model : withRecord(model, 'skips', JSON.stringify(findSkips(model)))
  if (existing.includes('attention')) return withSkips
  return withRecord(withSkips, 'attention', JSON.stringify(findAttention(model)))
}
