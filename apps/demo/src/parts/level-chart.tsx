import type { VNode } from 'preact'
import { levelAxis, rhosOf } from '../plan/levels.ts'
import type { ChartProps } from './runs.ts'

const rowHeight = 44

/** A dot for each level, from noise at the left to none at the right. */
export function LevelChart({ runs, looked, onLook }: ChartProps): VNode {
  const rows = runs.map(run => ({ ...run, rhos: rhosOf(run.run.plan) }))
  const axis = levelAxis(rows.flatMap(({ rhos }) => rhos))
  const x = (rho: number): string => percent(axis.at(rho))
  const bottom = rows.length * rowHeight + 8
  return (
    <>
      <svg class="levels" height={bottom + 28} role="img" aria-label={describe(rows)}>
        <title>{describe(rows)}</title>
        {axis.ticks.map(({ at, label }) => (
          <g key={label} class="tick">
            <line x1={percent(at)} x2={percent(at)} y2={bottom} />
            <text x={percent(at)} y={bottom + 20} text-anchor="middle">
              {label}
            </text>
          </g>
        ))}
        {rows.map(({ side, name, rhos }, row) => (
          <g key={side} class={side} transform={`translate(0 ${row * rowHeight + rowHeight / 2})`}>
            <line class="track" x1={x(rhos[0] ?? 0)} x2={x(rhos.at(-1) ?? 0)} />
            {rhos.map((rho, i) => {
              const isLooked = looked.side === side && (looked.step === i || looked.step + 1 === i)
              return (
                <circle
                  key={i}
                  cx={x(rho)}
                  r={isLooked ? 9 : 5}
                  onPointerEnter={() => onLook({ side, step: Math.min(i, rhos.length - 2) })}
                >
                  <title>{`${name}, level ${i}: ${short(rho)}`}</title>
                </circle>
              )
            })}
          </g>
        ))}
      </svg>
      <p class="hint">
        Noise divided by signal (σ/α), on a logarithmic axis. The upper row is {runs[0]?.name}
        {runs[1] === undefined ? '' : `, the lower row ${runs[1].name}`}. The selected step goes from one large dot to
        the next.
      </p>
    </>
  )
}

function percent(share: number): string {
  return `${100 * share}%`
}

function describe(rows: readonly { readonly name: string; readonly rhos: readonly number[] }[]): string {
  return rows
    .map(({ name, rhos }) => `${name}: ${rhos.length} levels from ${short(rhos[0] ?? 0)} to ${short(rhos.at(-1) ?? 0)}`)
    .join('; ')
}

function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : 'pure noise'
}
