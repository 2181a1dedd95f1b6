import { body } from './attributes.ts'
import { buildGraph, node, port } from './build.ts'
import type { GraphProto, ModelProto, NodeProto, ValueInfoProto } from './generated/onnx-ml_pb.ts'
import { indexed } from './graph.ts'
import { declared } from './infer/infer.ts'
import { placed } from './placement.ts'
import { portsOf } from './ports.ts'
import { changed } from './proto.ts'
import { readList, withRecord } from './record.ts'
import { renamed } from './rename.ts'

/** A switch in a graph: if `condition` is true, values come from inputs; if it is false, they are computed. */
export type Gate = {
  /** The name of an input, a single `bool`. */
  readonly condition: string
  readonly caches: readonly Cache[]
}

/** A value that one run computes and later runs reuse. */
export type Cache = {
  /** The name of the value in the original graph. */
  readonly value: string
  /** The input that the reused value is fed to. */
  readonly input: string
  /** The smallest shape that the input accepts. While the gate is off the input must be fed, but its content is not used. */
  readonly placeholder: readonly number[]
  /** The output that the value is read from. While the gate is on it returns the value of the input. */
  readonly output: string
}

type Group = { readonly condition: string; readonly values: readonly string[] }

/** The gates of a model, in the order in which they were added. Empty for a model without gates. */
export function gatesOf(model: ModelProto): readonly Gate[] {
  const shapes = new Map(model.graph!.input.map(input => [input.name, declared(input).shape ?? []]))
  return groupsOf(model).map(({ condition, values }) => ({
    condition,
    caches: values.map(value => {
      const shape = shapes.get(carriedName(value)) ?? []
      const placeholder = shape.map(dim => (typeof dim === 'number' ? dim : 1))
      return { value, input: carriedName(value), placeholder, output: value }
    }),
  }))
}

function groupsOf(model: ModelProto): readonly Group[] {
  return readList<Group>(model, 'gates', { condition: 'string', values: 'strings' })
}

function carriedName(value: string): string {
  return `${value}.carried`
}

/**
 * Puts a gate around values: one `If` for each value, with the nodes that compute only that value in its `else` branch. Every
 * weight stays in the graph once. Gates can be nested: a value that is not computed because an outer gate is on is returned as it
 * was fed.
 */
export function withGate(model: ModelProto, condition: string, values: readonly string[]): ModelProto {
  return throughGates(model, flat => flat, [{ condition, values }])
}

/**
 * Removes the gates, rewrites the graph, and puts the gates back around those of their values that still exist. So rewrites give
 * the same result in any order.
 */
export function throughGates(
  model: ModelProto,
  rewrite: (flat: ModelProto) => ModelProto,
  more: readonly Group[] = [],
): ModelProto {
  return gated(inOrder(rewrite(withoutGates(model))), [...groupsOf(model), ...more])
}

/** Sorts the nodes: some converters write them in an order in which they cannot run, which ONNX does not allow. */
function inOrder(model: ModelProto): ModelProto {
  return changed(model, { graph: changed(model.graph!, { node: [...indexed(model.graph!).nodes] }) })
}

function gated(flat: ModelProto, groups: readonly Group[]): ModelProto {
  const graph = flat.graph!
  const computed = new Set(graph.node.flatMap(({ output }) => output))
  const left = groups
    .map(({ condition, values }) => ({ condition, values: values.filter(value => computed.has(value)) }))
    .filter(({ values }) => values.length > 0)
  if (left.length === 0) return withRecord(flat, 'gates', undefined)
  const values = left.flatMap(group => group.values)
  const ports = new Map(portsOf(flat, values).map(value => [value.name, value]))
  const conditions = new Map(left.flatMap(group => group.values.map(value => [value, group.condition] as const)))
  const inputs = left.flatMap(group => [
    port(group.condition, 'bool', []),
    ...group.values.map(value => changed(ports.get(value)!, { name: carriedName(value) })),
  ])
  const switched = changed(graph, {
    node: lowered(graph, conditions, ports),
    input: [...graph.input, ...inputs],
    output: [...graph.output, ...ports.values()],
    // Values that moved into a branch must not be described by the outer graph.
    valueInfo: graph.valueInfo.filter(({ name }) => !ports.has(name)),
  })
  return withRecord(changed(flat, { graph: switched }), 'gates', JSON.stringify(left))
}

/** The nodes of a graph, with an `If` for each gated value in the place of the node that computes it. */
function lowered(
  graph: GraphProto,
  conditions: ReadonlyMap<string, string>,
  ports: ReadonlyMap<string, ValueInfoProto>,
): NodeProto[] {
  const index = indexed(graph)
  const places = placed(index, new Set(graph.output.map(({ name }) => name)), new Set(conditions.keys()))
  const contents = new Map<number, NodeProto[]>([[0, []]])
  /** The gated values of inner scopes that each scope passes on. */
  const passed = new Map<number, string[]>([[0, []]])
  const nameAt = (value: string, depth: number) => (depth === 0 ? value : `${value}.depth${depth}`)
  for (const scope of places.scopes.keys()) {
    contents.set(scope, [])
    passed.set(scope, [])
  }
  for (const [at, original] of index.nodes.entries()) {
    const scope = places.scopeOf[at]!
    const locals = new Map(
      index.reads[at]!.flatMap(name => {
        const depth = places.depthOfGate(name)
        return depth === undefined || depth === 0 ? [] : [[name, nameAt(name, depth)] as const]
      }),
    )
    const gatedOutputs = original.output.filter(name => conditions.has(name))
    const computed = new Map(gatedOutputs.map(name => [name, `${name}.computed`] as const))
    contents.get(scope)!.push(renamed(original, new Map([...locals, ...computed])))
    for (const value of gatedOutputs) {
      const { scope: inside, parent } = places.gate(value)
      const depth = places.depthOfGate(value)!
      const others = passed.get(inside)!
      const branch = (name: string, nodes: readonly NodeProto[], outputs: readonly string[]) =>
        buildGraph({
          name: `${value}.${name}`,
          inputs: [],
          nodes,
          outputs: outputs.map((output, n) => changed(ports.get([value, ...others][n]!)!, { name: output })),
        })
      const branchNodes = contents.get(inside)!
      const alone = branchNodes.at(-1)?.output.includes(`${value}.computed`) === true
      const result = alone ? `${value}.computed` : `${value}.chosen`
      const elseNodes = alone ? branchNodes : [...branchNodes, node('Identity', [`${value}.computed`], [result])]
      const reused = [value, ...others].map(name => `${name}.reused${depth}`)
      const copies = [value, ...others].map((name, n) => node('Identity', [carriedName(name)], [reused[n]!]))
      const outputs = [value, ...others].map(name => nameAt(name, depth))
      contents.get(parent)!.push(
        node('If', [conditions.get(value)!], outputs, {
          then_branch: { graph: branch('reused', copies, reused) },
          else_branch: {
            graph: branch('computed', elseNodes, [result, ...others.map(name => nameAt(name, depth + 1))]),
          },
        }),
      )
      passed.get(parent)!.push(value, ...others)
    }
  }
  return contents.get(0)!
}

/** The model without its gates: each `If` is replaced by its `else` branch. */
export function withoutGates(model: ModelProto): ModelProto {
  const groups = groupsOf(model)
  if (groups.length === 0) return model
  const graph = model.graph!
  const conditions = new Set(groups.map(({ condition }) => condition))
  const values = new Set(groups.flatMap(group => group.values))
  const added = new Set([...conditions, ...[...values].map(carriedName)])
  const flat = changed(graph, {
    node: inlined(graph.node, conditions),
    input: graph.input.filter(({ name }) => !added.has(name)),
    output: graph.output.filter(({ name }) => !values.has(name)),
  })
  return withRecord(changed(model, { graph: flat }), 'gates', undefined)
}

function inlined(nodes: readonly NodeProto[], conditions: ReadonlySet<string>): NodeProto[] {
  return nodes.flatMap(original => {
    const branch =
      original.opType === 'If' && conditions.has(original.input[0] ?? '') ? body(original, 'else_branch') : undefined
    if (branch === undefined) return [original]
    const names = new Map(branch.output.map(({ name }, at) => [name, original.output[at] ?? name] as const))
    return inlined(branch.node, conditions).map(inner => renamed(inner, names))
  })
}
