import { findAttention } from './attention.ts'
import type { ModelProto } from './generated/onnx-ml_pb.ts'
import { recorded, withRecord } from './record.ts'
import { findSkips } from './skips.ts'

/** The model with what its structure shows written down, before a rewrite changes that structure. */
export function remembered(model: ModelProto): ModelProto {
  const known = (['skips', 'attention'] as const).filter(entry => recorded(model, entry) !== undefined)
  const withSkips = known.includes('skips') ? model : withRecord(model, 'skips', JSON.stringify(findSkips(model)))
  if (known.includes('attention')) return withSkips
  return withRecord(withSkips, 'attention', JSON.stringify(findAttention(model)))
}
