import type { Index } from './graph.ts'

/** The scope of each node of a graph with gates around some of its values. Scope 0 is the graph itself. */
export type Placement = {
  /** The scope of each node. */
  readonly scopeOf: readonly number[]
  /** The scopes behind gates, and the values that they compute. */
  readonly scopes: ReadonlyMap<number, string>
  /** The scope behind a value's gate, and the scope that contains the gate. */
  gate(value: string): { readonly scope: number; readonly parent: number }
  /** How many gates are around the gate of a value; `undefined` for a value without a gate. */
  depthOfGate(value: string): number | undefined
}

/**
 * Places each node in the deepest scope that contains all of its readers, so a node moves behind a gate if all of its readers are
 * there. Nodes are placed from the last to the first, so the readers of a node are placed before it.
 */
export function placed(index: Index, outputs: ReadonlySet<string>, gated: ReadonlySet<string>): Placement {
  const parents = [0]
  const depths = [0]
  const gates = new Map<string, { readonly scope: number; readonly parent: number }>()
  const scopes = new Map<number, string>()
  const scopeOf = Array<number>(index.nodes.length).fill(0)
  const common = (a: number, b: number): number => {
    let [x, y] = [a, b]
    while (x !== y) [x, y] = depths[x]! >= depths[y]! ? [parents[x]!, y] : [x, parents[y]!]
    return x
  }
  for (let place = index.nodes.length - 1; place >= 0; place--) {
    const { output } = index.nodes[place]!
    const spots = output.map(name => {
      const readers = outputs.has(name) ? [0] : (index.readers.get(name) ?? []).map(reader => scopeOf[reader]!)
      const parent = readers.length === 0 ? undefined : readers.reduce(common)
      if (parent === undefined || !gated.has(name)) return parent
      const scope = parents.push(parent) - 1
      depths.push(depths[parent]! + 1)
      gates.set(name, { scope, parent })
      scopes.set(scope, name)
      return scope
    })
    scopeOf[place] =
      spots
        .filter(spot => spot !== undefined)
        .reduce<number | undefined>((a, b) => (a === undefined ? b : common(a, b)), undefined) ?? 0
  }
  return {
    scopeOf,
    scopes,
    gate: value => gates.get(value)!,
    depthOfGate: value => {
      const gate = gates.get(value)
      return gate && depths[gate.parent]
    },
  }
}
