import { chart, type Line } from './chart.ts'
import type { Measurement } from './measure.ts'

type Curve = { readonly name: string; readonly changes: readonly (number | undefined)[] }

/** The curves of a model, cross-attention first. */
function curvesOf({ cross, self, deep }: Measurement): readonly Curve[] {
  const attention = [
    { name: 'cross-attention', changes: cross },
    { name: 'self-attention', changes: self },
  ]
  return [
    ...attention.filter(({ changes }) => changes.some(change => change !== undefined)),
    ...deep.map(({ branch, changes }) => ({ name: `branch ${branch}`, changes })),
  ]
}

/** A chart of the changes, as SVG, with the first three branches and the last one. */
export function changeChart(measurement: Measurement): string {
  const branches = measurement.deep.map(({ branch }) => `branch ${branch}`)
  const omitted = new Set(branches.slice(3, -1))
  const lines = curvesOf(measurement)
    .filter(({ name }) => !omitted.has(name))
    .map(({ name, changes }): Line => {
      const points = changes.flatMap((change, call) => (change === undefined ? [] : [[call, 100 * change] as const]))
      return { name: branches.includes(name) ? `deep features, ${name}` : name, points }
    })
  return chart('Change of the values that caches reuse', lines, {
    x: 'model evaluation',
    y: 'change from the previous evaluation, %',
    scale: 'linear',
  })
}

/** The changes as a table, and the cache settings that they suggest. */
export function measurementLines(measurement: Measurement): readonly string[] {
  const { calls, conditions, prompts, steps, guidance, tolerance, gate, deep, intervals } = measurement
  const curves = curvesOf(measurement)
  const percent = (value: number | undefined, width = 4): string =>
    (value === undefined ? '' : (100 * value).toFixed(0)).padStart(width)
  const runs = {
    prompts: `${prompts.length} prompts`,
    'random numbers': `${prompts.length} runs with random conditions (there is no text encoder)`,
    none: `${prompts.length} runs`,
  }
  const short = (name: string): string => name.replace('-attention', '').replace('branch ', '')
  const widths = curves.map(({ name }) => Math.max(4, short(name).length + 1))
  const head = curves.map(({ name }, i) => short(name).padStart(widths[i]!)).join('')
  const before = curves.length - deep.length
  const aged = deep.map(({ branch, aged }) => {
    const interval = intervals.find(each => each.branch === branch)!.interval
    const most = interval > aged.length ? ' or more' : ''
    const shares = aged.map((change, i) => `${i + 1}: ${percent(change, 2)} %`).join('  ')
    return `  branch ${String(branch).padStart(2)}   ${shares}   interval ${interval}${most}`
  })
  return [
    `change from the previous evaluation in %, ‖v − v_previous‖/‖v‖, mean over layers and ${runs[conditions]};`,
    `${steps} steps${conditions === 'none' ? '' : `, guidance ${guidance}`}; attention outputs, then the deep features of each branch`,
    `evaluation${'timestep'.padStart(10)} ${head}`,
    ...calls.map(({ timestep }, call) => {
      const cells = curves.map(({ changes }, i) => percent(changes[call], widths[i])).join('')
      return `${String(call).padStart(10)}${timestep.toFixed(0).padStart(10)} ${cells}`
    }),
    ...(before === 0 || measurement.cross.every(change => change === undefined)
      ? []
      : [
          '',
          gate === undefined
            ? 'T-GATE: cross-attention does not settle in this run'
            : `T-GATE: gate ${gate.step}; from there on, the change of cross-attention stays closer to its median (${percent(gate.median, 1)} %) than to its peak (${percent(gate.peak, 1)} %)`,
        ]),
    ...(deep.length === 0
      ? []
      : [
          '',
          `DeepCache: error of features by age in evaluations, and the longest interval whose oldest features are at most ${(100 * tolerance).toFixed(0)} % off`,
          ...aged,
        ]),
  ]
}
