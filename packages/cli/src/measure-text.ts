import { chart, type Line } from './chart.ts'
import type { Measurement } from './measure.ts'

type Curve = { readonly name: string; readonly changes: readonly (number | undefined)[] }

/** The curves that a model has, cross-attention first. */
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

/** A plot of the changes, as SVG; of the branches the first three and the last. */
export function changeChart(measurement: Measurement): string {
  const branches = measurement.deep.map(({ branch }) => `branch ${branch}`)
  const left = new Set(branches.slice(3, -1))
  const lines = curvesOf(measurement)
    .filter(({ name }) => !left.has(name))
    .map(({ name, changes }): Line => {
      const points = changes.flatMap((change, call) => (change === undefined ? [] : [[call, 100 * change] as const]))
      return { name: branches.includes(name) ? `deep features, ${name}` : name, points }
    })
  return chart('Change of what caches reuse, from call to call', lines, {
    x: 'model evaluation',
    y: 'change from the call before, %',
    scale: 'linear',
  })
}

/** The changes as a table, and what follows from them. */
export function measurementLines(measurement: Measurement): readonly string[] {
  const { calls, conditions, prompts, steps, guidance, tolerance, gate, deep, intervals } = measurement
  const curves = curvesOf(measurement)
  const percent = (value: number | undefined, width = 4): string =>
    (value === undefined ? '' : (100 * value).toFixed(0)).padStart(width)
  const asked = {
    prompts: `${prompts.length} prompts`,
    'random numbers': `${prompts.length} runs under random numbers, for want of a text encoder`,
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
    `change from the call before in %, ‖v − v_before‖/‖v‖, mean over layers and ${asked[conditions]};`,
    `${steps} steps${conditions === 'none' ? '' : `, guidance ${guidance}`}; attention outputs, then the deep features of each branch`,
    `call${'timestep'.padStart(10)} ${head}`,
    ...calls.map(({ timestep }, call) => {
      const cells = curves.map(({ changes }, i) => percent(changes[call], widths[i])).join('')
      return `${String(call).padStart(4)}${timestep.toFixed(0).padStart(10)} ${cells}`
    }),
    ...(before === 0 || measurement.cross.every(change => change === undefined)
      ? []
      : [
          '',
          gate === undefined
            ? 'T-GATE: the cross-attentions do not settle in this run'
            : `T-GATE: gate ${gate.step}, from which on cross-attention changes nearer to its median (${percent(gate.median, 1)} %) than to its peak (${percent(gate.peak, 1)} %)`,
        ]),
    ...(deep.length === 0
      ? []
      : [
          '',
          `DeepCache: how far features of so many calls before are off, and the longest interval whose oldest are at most ${(100 * tolerance).toFixed(0)} % off`,
          ...aged,
        ]),
  ]
}
