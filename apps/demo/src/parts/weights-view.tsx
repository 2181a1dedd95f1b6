import type { VNode } from 'preact'
import { stepWeights, type WeightBar } from '../plan/weights.ts'
import type { ChartProps } from './runs.ts'

/** The weighted sums of one step as bars. */
export function WeightsView({ runs, looked }: Omit<ChartProps, 'onLook'>): VNode | null {
  const lane = runs.find(({ side }) => side === looked.side) ?? runs[0]
  if (lane === undefined) return null
  const { plan, recipe } = lane.run
  const number = Math.min(looked.step, plan.steps.length - 1)
  const { output, inputs } = stepWeights(plan, number)
  return (
    <div class="weights">
      <p class="hint" aria-live="polite">
        {lane.name}, step {number + 1} of {plan.steps.length}, {recipe.solver.name}. Point at an evaluation above, or
        use the arrow keys.
      </p>
      <Sum name="x after the step" bars={output} />
      {inputs
        .filter(({ bars }) => bars.length > 1)
        .map(({ evaluation, bars }) => (
          <Sum key={evaluation} name={`Input of evaluation ${evaluation + 1}`} bars={bars} />
        ))}
    </div>
  )
}

function Sum({ name, bars }: { readonly name: string; readonly bars: readonly WeightBar[] }): VNode {
  return (
    <table>
      <caption>{name}</caption>
      <tbody>
        {bars.map(({ symbol, meaning, weight, length }) => (
          <tr key={symbol}>
            <th scope="row" title={meaning}>
              {symbol}
            </th>
            <td class="bar">
              <span class={weight < 0 ? 'negative' : 'positive'} style={{ width: `${50 * Math.abs(length)}%` }} />
            </td>
            <td class="number">{weight.toPrecision(4).replace('-', '−')}</td>
            <td class="meaning">{meaning}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
