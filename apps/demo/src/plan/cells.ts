import type { Cell, Timetable } from '@fewstep/cachers'

/** What an evaluation computes, as it is drawn. */
export type CellKind = 'full' | 'shallow' | 'decided' | 'gated' | 'forecast'

/** One evaluation as a cell of the timetable. */
export type CellView = {
  readonly step: number
  readonly evaluation: number
  readonly kind: CellKind
  /** Conditions that the model evaluates: 0 for a forecast. */
  readonly conditions: 0 | 1 | 2
  readonly words: string
}

export const kinds: Readonly<Record<CellKind, string>> = {
  full: 'the whole model',
  shallow: 'deep features reused',
  decided: 'deep features reused if little has changed',
  gated: 'cross-attention reused',
  forecast: 'not computed: predicted from earlier ones',
}

export function cellViews(cells: Timetable): readonly CellView[] {
  return cells.map(cell => {
    const [kind, conditions] = [kindOf(cell), conditionsOf(cell)]
    const asked = { 0: '', 1: ', one condition', 2: ', two conditions' }[conditions]
    const kept = cell.guidance === 'kept' ? ', guidance kept from earlier' : ''
    return {
      step: cell.step,
      evaluation: cell.evaluation,
      kind,
      conditions,
      words: `Evaluation ${cell.evaluation + 1}, step ${cell.step + 1}: ${kinds[kind]}${asked}${kept}`,
    }
  })
}

function kindOf({ output, deep, cross }: Cell): CellKind {
  if (output === 'forecast') return 'forecast'
  if (deep === 'reuse') return 'shallow'
  if (deep === 'decide') return 'decided'
  return cross === 'reuse' ? 'gated' : 'full'
}

function conditionsOf({ output, guidance }: Cell): 0 | 1 | 2 {
  if (output === 'forecast') return 0
  return guidance === 'both' ? 2 : 1
}
