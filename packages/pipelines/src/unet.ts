import type { Cell, DeepFeatures, Reweighting, Timetable } from '@fewstep/cachers'
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
  /** What each model evaluation reuses; nothing where absent. */
  readonly timetable?: Timetable | undefined
  readonly freeU?: Reweighting | undefined
  /** When the change of the first block allows reuse of deep features, for graphs with a separate first block. */
  readonly decides?: DeepFeatures['decides']
}

/** The U-Net as a `Network` for one run after another, with the values that evaluations store for later ones. */
export type UnetNetwork = {
  readonly network: Network<Value, Value>
  /** Model evaluations since the start of the run, and how many of them reused deep features. */
  calls(): { readonly all: number; readonly shallow: number }
  /** Frees the stored values. */
  forget(): void
}

/** The rows of one batch: its conditions, the size of the batch, and a key for stored values, counted from the prompt's condition. */
type Rows = { readonly conditions: readonly Value[]; readonly count: number; readonly key: string }

/**
 * The U-Net as a `Network`. It runs one batch for all conditions, or several where the graph was exported for a smaller batch.
 * Latents go in and come out as float32, whatever type the graph takes.
 *
 * @throws ModelError where the graph has inputs other than `sample`, `timestep` and `encoder_hidden_states`
 */
export function unetNetwork(graphs: UnetGraphs, ops: ValueOps, folder: string, options: UnetOptions = {}): UnetNetwork {
  const { timetable = [], freeU, decides } = options
  const { full, shallow, head } = graphs
  const all = [head, full, shallow].filter(graph => graph !== undefined)
  const portOf = (name: string): Port =>
    all.flatMap(({ session }) => session.inputs).find(input => input.name === name) ??
    inputOf(full.session, name, 'unet', folder)
  const [sample, time, states] = ['sample', 'timestep', 'encoder_hidden_states'].map(portOf) as [Port, Port, Port]
  const known = new Set([sample, time, states].map(({ name }) => name))
  const between = new Set([...(head === undefined ? [] : [...head.passed, head.previous]), shallow?.feature])
  for (const { session, gates } of all) {
    for (const { name } of session.inputs) {
      const ours = /^freeu_/.test(name) || between.has(name) || gates.some(gate => isInputOf(gate, name))
      if (!known.has(name) && !ours) throw new ModelError(folder, `unet asks for ${name}${meaning(name)}`)
    }
  }
  const { name: output } = outputOf(full.session, 'out_sample')
  const [fixed] = sample.shape
  const values = kept(ops)
  let calls = { all: 0, shallow: 0 }
  /** How many evaluations in a row have reused deep features. */
  const inARow = new Map<string, number>()
  return {
    calls: () => calls,
    forget: values.clear,
    async network({ x, timestep, conditions, call, cell }) {
      if (call.evaluation === 0) {
        values.clear()
        inARow.clear()
        calls = { all: 0, shallow: 0 }
      }
      const rows = typeof fixed === 'number' ? fixed : conditions.length
      const passes: Rows[] = []
      for (let i = 0; i < conditions.length; i += rows) {
        const part = conditions.slice(i, i + rows)
        // Counted from the end: the prompt's condition is the last, and may later be the only one.
        passes.push({ conditions: part, count: rows, key: `${conditions.length - i} of ${conditions.length}` })
      }
      const outputs: Value[] = []
      const crossed: Map<string, Value>[] = []
      let reused = false
      for (const pass of passes) {
        const answer = await ask(x, timestep, pass, call, cell)
        outputs.push(...answer.outputs)
        crossed.push(answer.crossed)
        reused ||= answer.reused
      }
      calls = { all: calls.all + 1, shallow: calls.shallow + Number(reused) }
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
  ): Promise<{ readonly outputs: readonly Value[]; readonly crossed: Map<string, Value>; readonly reused: boolean }> {
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
    const crossed = new Map<string, Value>()
    /** Inputs that come from another graph, or from an earlier evaluation. */
    const between = new Map<string, Value>()
    const run = async (graph: UnetGraph, asked: readonly string[], feature?: Value) => {
      const feeds: Record<string, Value> = {}
      for (const port of graph.session.inputs) {
        const { name } = port
        const handed = between.get(name)
        if (handed !== undefined) feeds[name] = handed
        else if (name === sample.name) feeds[name] = await fit(await repeat([x]), port)
        else if (name === time.name) feeds[name] = await timestepValue(port, timestep, count, ops)
        else if (name === states.name) feeds[name] = await fit(await repeat(conditions), port)
        else if (name.startsWith('freeu_')) feeds[name] = scalar(strength(name, call))
      }
      for (const gate of graph.gates) await feedGate(gate, feeds, { graph, rows, cell, feature, repeat })
      const stored = storedOutputs(graph, cell, call.evaluation)
      const made = await graph.session.run(feeds, { signal: call.signal, outputs: [...asked, ...stored.keys()] })
      for (const [name, value] of Object.entries(made)) {
        const kind = stored.get(name)
        if (kind === 'cross') crossed.set(name, await firstRows(value, conditions.length, count))
        else if (kind !== undefined) values.set(`${kind === 'deep' ? 'deep' : `self ${name}`} ${key}`, value)
        else if (!asked.includes(name)) ops.dispose(value)
      }
      return made
    }
    // Features that were stored for another number of conditions cannot be reused: the full graph runs, as where none are stored.
    const slot = values.get(`deep ${key}`)
    try {
      const reuses = head === undefined ? cell?.deep === 'reuse' : await decide(head, cell, key, { run, between, keep })
      const feature = reuses ? slot : undefined
      const graph = feature !== undefined && shallow !== undefined ? shallow : full
      if (feature !== undefined && shallow !== undefined) between.set(shallow.feature, feature)
      const made = await run(graph, [output], feature)
      const answer = made[output]!
      const wide = answer.type === 'float32' ? answer : await ops.cast(keep(answer), 'float32')
      const reused = feature !== undefined
      if (count === 1) return { outputs: [wide], crossed, reused }
      const parts = await ops.split(keep(wide), count)
      for (const part of parts.slice(conditions.length)) keep(part)
      return { outputs: parts.slice(0, conditions.length), crossed, reused }
    } finally {
      for (const value of temporary) ops.dispose(value)
    }
  }

  /** Runs the first block, and decides whether the rest of the evaluation reuses deep features. */
  async function decide(
    head: NonNullable<UnetGraphs['head']>,
    cell: Cell | undefined,
    key: string,
    on: {
      readonly run: (graph: UnetGraph, asked: readonly string[]) => Promise<Readonly<Record<string, Value>>>
      readonly between: Map<string, Value>
      readonly keep: (value: Value) => Value
    },
  ): Promise<boolean> {
    const { threshold = 0, maximum = 0 } = decides ?? {}
    const { passed, previous, change } = head
    const port = head.session.inputs.find(({ name }) => name === previous)!
    // Where nothing is stored, the change is meaningless, and the full graph runs.
    on.between.set(previous, values.get(`first ${key}`) ?? empty([1, 1, 1, 1], port))
    const made = await on.run(head, [...passed, change])
    const { data } = await ops.read(on.keep(made[change]!))
    const times = inARow.get(key) ?? 0
    const able = cell?.deep === 'decide' && values.get(`deep ${key}`) !== undefined
    const reuses = able && Number(data[0]) < threshold && times < maximum
    inARow.set(key, reuses ? times + 1 : 0)
    for (const [i, name] of passed.entries()) {
      const value = made[name]!
      const first = i === passed.length - 1 && !reuses
      if (first) values.set(`first ${key}`, value)
      on.between.set(name, first ? value : on.keep(value))
    }
    return reuses
  }

  /** The further outputs that later evaluations need, with their kinds. */
  function storedOutputs(
    graph: UnetGraph,
    cell: Cell | undefined,
    evaluation: number,
  ): ReadonlyMap<string, 'deep' | 'cross' | 'self'> {
    const stored = new Map<string, 'deep' | 'cross' | 'self'>()
    if (cell === undefined) return stored
    const outputs = (kind: RegExp): readonly string[] =>
      graph.gates
        .filter(({ condition }) => kind.test(condition))
        .flatMap(({ caches }) => caches.map(cache => cache.output))
    const next = timetable[evaluation + 1]
    if (cell.deep !== 'reuse' && graph === full && next !== undefined && next.deep !== 'compute') {
      for (const name of shallow === undefined ? outputs(/^reuse_deep/) : [shallow.feature]) stored.set(name, 'deep')
    }
    if (cell.cross === 'keep') for (const name of outputs(/^reuse_cross/)) stored.set(name, 'cross')
    if (cell.self === 'keep') for (const name of outputs(/^reuse_self/)) stored.set(name, 'self')
    return stored
  }

  async function feedGate(
    { condition, caches }: Gate,
    feeds: Record<string, Value>,
    context: {
      readonly graph: UnetGraph
      readonly rows: Rows
      readonly cell: Cell | undefined
      readonly feature: Value | undefined
      readonly repeat: (values: readonly Value[]) => Promise<Value>
    },
  ): Promise<void> {
    const { graph, rows, cell, feature, repeat } = context
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
      feeds[input] = on ? found[i]! : empty(placeholder, graph.session.inputs.find(({ name }) => name === input)!)
  }

  function strength(input: string, call: Call): number {
    const name = input.slice('freeu_'.length) as 'b1' | 'b2' | 's1' | 's2'
    return freeU?.factors(call)[name] ?? 1
  }

  function empty(shape: readonly number[], { type }: Port): Value {
    const size = shape.reduce((a, b) => a * b, 1)
    return type === 'float16'
      ? { type, shape, data: new Uint16Array(size) }
      : { type: 'float32', shape, data: new Float32Array(size) }
  }

  /** The mean over the first `used` rows; further rows only fill up the batch. */
  async function firstRows(value: Value, used: number, count: number): Promise<Value> {
    if (count === 1) return value
    const parts = await ops.split(value, count)
    const mean = await ops.combine(parts.slice(0, used).map(part => [1 / used, part] as const))
    for (const part of parts) ops.dispose(part)
    ops.dispose(value)
    return mean
  }
}

function isInputOf({ condition, caches }: Gate, input: string): boolean {
  return condition === input || caches.some(cache => cache.input === input)
}

function scalar(value: number): HostValue {
  return { type: 'float32', shape: [], data: Float32Array.of(value) }
}

function meaning(input: string): string {
  if (input === 'text_embeds' || input === 'time_ids')
    return ', so it is the U-Net of Stable Diffusion XL, which is not supported yet'
  if (input === 'timestep_cond')
    return ', so it was distilled with guidance as an input (LCM), which is not supported yet'
  if (/^(down_block|mid_block)/.test(input)) return ', so it was exported for ControlNet, which is not supported yet'
  return ', which is not supported'
}
