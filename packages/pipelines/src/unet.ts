import type { Cell, Reweighting, Timetable } from '@fewstep/cachers'
import type { Gate } from '@fewstep/onnx-graph'
import type { HostValue, Port, Value, ValueOps } from '@fewstep/runtime'
import type { Network } from '@fewstep/sampler'
import type { Call } from '@fewstep/solvers'
import { ModelError } from './errors.ts'
import { kept } from './kept.ts'
import { fitted, inputOf, outputOf } from './ports.ts'
import { timestepValue } from './timestep.ts'
import type { UnetGraph, UnetGraphs } from './unet-graphs.ts'

export type UnetOptions = {
  /** What each call reuses; nothing where absent. */
  readonly timetable?: Timetable | undefined
  readonly freeU?: Reweighting | undefined
}

/** The U-Net as a network for one run after another, with what its calls keep for later ones. */
export type UnetNetwork = {
  readonly network: Network<Value, Value>
  /** Calls of the graphs since the run began. */
  calls(): number
  /** Frees what was kept. */
  forget(): void
}

/** Rows of one call: its conditions, counted from the prompt's own, and the batch that the graph wants. */
type Rows = { readonly conditions: readonly Value[]; readonly count: number; readonly key: string }

/**
 * The U-Net as a network: one call for all conditions, or as many as the batch that the graph was exported for asks for.
 * Latents go in and come out as float32, whatever the graph takes.
 *
 * @throws ModelError where the graph has other inputs than `sample`, `timestep` and `encoder_hidden_states`
 */
export function unetNetwork(graphs: UnetGraphs, ops: ValueOps, folder: string, options: UnetOptions = {}): UnetNetwork {
  const { timetable = [], freeU } = options
  const { full, shallow } = graphs
  const sample = inputOf(full.session, 'sample', 'unet', folder)
  const time = inputOf(full.session, 'timestep', 'unet', folder)
  const states = inputOf(full.session, 'encoder_hidden_states', 'unet', folder)
  const known = new Set([sample, time, states].map(({ name }) => name))
  for (const { name } of full.session.inputs) {
    const ours = /^freeu_/.test(name) || full.gates.some(gate => isOf(gate, name))
    if (!known.has(name) && !ours) throw new ModelError(folder, `unet asks for ${name}${meaning(name)}`)
  }
  const { name: output } = outputOf(full.session, 'out_sample')
  const [fixed] = sample.shape
  const values = kept(ops)
  let calls = 0
  return {
    calls: () => calls,
    forget: values.clear,
    async network({ x, timestep, conditions, call, cell }) {
      if (call.evaluation === 0) {
        values.clear()
        calls = 0
      }
      calls += 1
      const rows = typeof fixed === 'number' ? fixed : conditions.length
      const passes: Rows[] = []
      for (let i = 0; i < conditions.length; i += rows) {
        const part = conditions.slice(i, i + rows)
        // From the end: the prompt's own condition is the last, and may later be the only one.
        passes.push({ conditions: part, count: rows, key: `${conditions.length - i} of ${conditions.length}` })
      }
      const outputs: Value[] = []
      const crossed: Map<string, Value>[] = []
      for (const pass of passes) {
        const answer = await ask(x, timestep, pass, call, cell)
        outputs.push(...answer.outputs)
        crossed.push(answer.crossed)
      }
      for (const name of crossed[0]!.keys()) {
        const parts = crossed.map(values => values.get(name)!)
        const mean = await ops.combine(parts.map(part => [1 / parts.length, part] as const))
        for (const part of parts) ops.dispose(part)
        values.set(`cross ${name}`, mean)
      }
      return outputs
    },
  }

  async function ask(
    x: Value,
    timestep: number,
    rows: Rows,
    call: Call,
    cell: Cell | undefined,
  ): Promise<{ readonly outputs: readonly Value[]; readonly crossed: Map<string, Value> }> {
    const { conditions, count, key } = rows
    const temporary = new Set<Value>()
    const keep = (value: Value): Value => {
      temporary.add(value)
      return value
    }
    const fit = async (value: Value, port: Port): Promise<Value> => {
      const fed = await fitted(value, port, ops)
      return fed === value ? value : keep(fed)
    }
    const repeat = async (values: readonly Value[]): Promise<Value> =>
      count === 1
        ? values[0]!
        : keep(await ops.concat(Array.from({ length: count }, (_, i) => values[i] ?? values.at(-1)!)))
    // A slot that was filled under other conditions is of no use: the whole graph runs, as it does where nothing was kept.
    const feature = cell?.deep === 'reuse' ? values.get(`deep ${key}`) : undefined
    const graph = feature !== undefined && shallow !== undefined ? shallow : full
    try {
      const feeds: Record<string, Value> = {}
      for (const port of graph.session.inputs) {
        const { name } = port
        if (name === sample.name) feeds[name] = await fit(await repeat([x]), port)
        else if (name === time.name) feeds[name] = await timestepValue(port, timestep, count, ops)
        else if (name === states.name) feeds[name] = await fit(await repeat(conditions), port)
        else if (name === shallow?.feature) feeds[name] = feature!
        else if (name.startsWith('freeu_')) feeds[name] = scalar(strength(name, call))
      }
      for (const gate of graph.gates) await feedGate(gate, feeds, { rows, cell, feature, repeat })
      const wanted = wantedOf(graph, cell, call.evaluation)
      const made = await graph.session.run(feeds, { signal: call.signal, outputs: [output, ...wanted.keys()] })
      const crossed = new Map<string, Value>()
      for (const [name, value] of Object.entries(made)) {
        const kind = wanted.get(name)
        if (kind === 'cross') crossed.set(name, await firstRows(value, conditions.length, count))
        else if (kind !== undefined) values.set(`${kind === 'deep' ? 'deep' : `self ${name}`} ${key}`, value)
        else if (name !== output) ops.dispose(value)
      }
      const answer = made[output]!
      const wide = answer.type === 'float32' ? answer : await ops.cast(keep(answer), 'float32')
      if (count === 1) return { outputs: [wide], crossed }
      const parts = await ops.split(keep(wide), count)
      for (const part of parts.slice(conditions.length)) keep(part)
      return { outputs: parts.slice(0, conditions.length), crossed }
    } finally {
      for (const value of temporary) ops.dispose(value)
    }
  }

  /** Outputs beside the answer that later calls will need, and what they are. */
  function wantedOf(
    { gates }: UnetGraph,
    cell: Cell | undefined,
    evaluation: number,
  ): ReadonlyMap<string, 'deep' | 'cross' | 'self'> {
    const wanted = new Map<string, 'deep' | 'cross' | 'self'>()
    if (cell === undefined) return wanted
    const outputs = (kind: RegExp): readonly string[] =>
      gates.filter(({ condition }) => kind.test(condition)).flatMap(({ caches }) => caches.map(cache => cache.output))
    const next = timetable[evaluation + 1]
    if (cell.deep === 'compute' && next?.deep === 'reuse') {
      for (const name of shallow === undefined ? outputs(/^reuse_deep/) : [shallow.feature]) wanted.set(name, 'deep')
    }
    if (cell.cross === 'keep') for (const name of outputs(/^reuse_cross/)) wanted.set(name, 'cross')
    if (cell.self === 'keep') for (const name of outputs(/^reuse_self/)) wanted.set(name, 'self')
    return wanted
  }

  async function feedGate(
    { condition, caches }: Gate,
    feeds: Record<string, Value>,
    context: {
      readonly rows: Rows
      readonly cell: Cell | undefined
      readonly feature: Value | undefined
      readonly repeat: (values: readonly Value[]) => Promise<Value>
    },
  ): Promise<void> {
    const { rows, cell, feature, repeat } = context
    const cached = async (output: string): Promise<Value | undefined> => {
      if (condition.startsWith('reuse_deep')) return feature
      if (condition.startsWith('reuse_self'))
        return cell?.self === 'reuse' ? values.get(`self ${output} ${rows.key}`) : undefined
      const mean = cell?.cross === 'reuse' ? values.get(`cross ${output}`) : undefined
      return mean === undefined || rows.count === 1 ? mean : repeat([mean])
    }
    const found = await Promise.all(caches.map(cache => cached(cache.output)))
    const on = found.every(value => value !== undefined)
    feeds[condition] = { type: 'bool', shape: [], data: Uint8Array.of(on ? 1 : 0) }
    for (const [i, { input, placeholder }] of caches.entries())
      feeds[input] = on ? found[i]! : await empty(placeholder, full.session.inputs.find(({ name }) => name === input)!)
  }

  function strength(input: string, call: Call): number {
    const name = input.slice('freeu_'.length) as 'b1' | 'b2' | 's1' | 's2'
    return freeU?.factors(call)[name] ?? 1
  }

  async function empty(shape: readonly number[], { type }: Port): Promise<Value> {
    const size = shape.reduce((a, b) => a * b, 1)
    return type === 'float16'
      ? { type, shape, data: new Uint16Array(size) }
      : { type: 'float32', shape, data: new Float32Array(size) }
  }

  /** The mean over the rows that were asked for; rows that only fill the batch up do not count. */
  async function firstRows(value: Value, used: number, count: number): Promise<Value> {
    if (count === 1) return value
    const parts = await ops.split(value, count)
    const mean = await ops.combine(parts.slice(0, used).map(part => [1 / used, part] as const))
    for (const part of parts) ops.dispose(part)
    ops.dispose(value)
    return mean
  }
}

function isOf({ condition, caches }: Gate, input: string): boolean {
  return condition === input || caches.some(cache => cache.input === input)
}

function scalar(value: number): HostValue {
  return { type: 'float32', shape: [], data: Float32Array.of(value) }
}

function meaning(input: string): string {
  if (input === 'text_embeds' || input === 'time_ids')
    return ', so it is that of Stable Diffusion XL, which is not supported yet'
  if (input === 'timestep_cond')
    return ', so it was distilled with guidance as an input (LCM), which is not supported yet'
  if (/^(down_block|mid_block)/.test(input)) return ', so it is made for ControlNet, which is not supported yet'
  return ', which is not supported'
}
