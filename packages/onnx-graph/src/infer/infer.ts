import { body } from '../attributes.ts'
import { elementType } from '../element-type.ts'
import type { FunctionProto, GraphProto, ModelProto, NodeProto, ValueInfoProto } from '../generated/onnx-ml_pb.ts'
import { indexed } from '../graph.ts'
import { elementwise } from './elementwise.ts'
import type { Dim, Known, Rule } from './known.ts'
import { microsoft } from './microsoft.ts'
import { networks } from './networks.ts'
import { ofTensor, shapes } from './shapes.ts'

/** Sizes for the inputs of a model: `{ sample: [2, 4, 64, 64] }`. */
export type Sizes = Readonly<Record<string, readonly number[]>>

type Scope = Map<string, Known>
type Library = { readonly functions: ReadonlyMap<string, FunctionProto> }

/**
 * Infers type and shape of every value of a model's graph without running it, and the elements of small tensors that depend only
 * on shapes and constants. Sizes of inputs that are not fixed are symbols, or the numbers given in `sizes`. For operators without a
 * rule, the file's own description of their outputs is used.
 */
export function infer(model: ModelProto, sizes: Sizes = {}): ReadonlyMap<string, Known> {
  const graph = model.graph!
  const symbols = new Map<string, number>()
  for (const { name, type } of graph.input) {
    for (const [axis, dim] of (declaredShape(type) ?? []).entries()) {
      const size = sizes[name]?.[axis]
      if (typeof dim === 'string' && size !== undefined) symbols.set(dim, size)
    }
  }
  const fixed = (port: ValueInfoProto): Known => {
    const { type, shape } = declared(port)
    const inputShape = sizes[port.name]
    return { type, shape: inputShape ?? shape?.map(dim => (typeof dim === 'string' ? (symbols.get(dim) ?? dim) : dim)) }
  }
  const scope: Scope = new Map(graph.input.map(port => [port.name, fixed(port)]))
  const functions = new Map(model.functions.map(local => [`${local.domain}:${local.name}`, local]))
  inferGraph(graph, scope, { functions }, new Map(graph.valueInfo.map(port => [port.name, fixed(port)])), 0)
  return scope
}

/** The type and shape that a file declares for a value. */
export function declared({ type }: ValueInfoProto): Known {
  const value = type?.value
  const element = value?.case === 'tensorType' ? elementType(value.value.elemType) : undefined
  return { type: element, shape: declaredShape(type) }
}

function declaredShape(type: ValueInfoProto['type']): readonly Dim[] | undefined {
  if (type?.value.case !== 'tensorType') return undefined
  return type.value.value.shape?.dim.map(({ value }) =>
    value.case === 'dimValue'
      ? Number(value.value)
      : value.case === 'dimParam' && value.value !== ''
        ? value.value
        : undefined,
  )
}

function inferGraph(
  graph: GraphProto,
  scope: Scope,
  library: Library,
  notes: ReadonlyMap<string, Known>,
  depth: number,
): void {
  for (const tensor of graph.initializer) scope.set(tensor.name, ofTensor(tensor))
  for (const { values, dims } of graph.sparseInitializer) {
    if (values !== undefined) scope.set(values.name, { type: elementType(values.dataType), shape: dims.map(Number) })
  }
  inferNodes(indexed(graph).nodes, scope, library, notes, depth)
}

function inferNodes(
  nodes: readonly NodeProto[],
  scope: Scope,
  library: Library,
  notes: ReadonlyMap<string, Known>,
  depth: number,
): void {
  for (const node of nodes) {
    const inputs = node.input.map(name => scope.get(name) ?? {})
    const results = outputs(node, inputs, scope, library, depth)
    for (const [at, name] of node.output.entries()) {
      if (name !== '') scope.set(name, merged(results[at] ?? {}, notes.get(name) ?? {}))
    }
  }
}

/** Function calls and bodies that are nested deeper than this stay unknown. */
const deepest = 16

function outputs(
  node: NodeProto,
  inputs: readonly Known[],
  scope: Scope,
  library: Library,
  depth: number,
): readonly Known[] {
  const local = library.functions.get(`${node.domain}:${node.opType}`)
  const inner = (graph: GraphProto): readonly Known[] => {
    if (depth >= deepest) return []
    const inside: Scope = new Map(scope)
    inferGraph(graph, inside, library, new Map(graph.valueInfo.map(port => [port.name, declared(port)])), depth + 1)
    return graph.output.map(port => merged(inside.get(port.name) ?? {}, declared(port)))
  }
  if (local !== undefined) {
    if (depth >= deepest) return []
    const inside: Scope = new Map(local.input.map((name, at) => [name, inputs[at] ?? {}]))
    inferNodes(local.node, inside, library, new Map(), depth + 1)
    return local.output.map(name => inside.get(name) ?? {})
  }
  const rule = ruleOf(node)
  // A damaged node may break a rule's assumptions. Its outputs are then unknown; code that needs them reports that.
  try {
    return rule?.({ node, inputs, body: inner }) ?? []
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return []
    throw error
  }
}

function ruleOf({ domain, opType }: NodeProto): Rule | undefined {
  const ruleIn = (table: Readonly<Record<string, Rule>>) => (Object.hasOwn(table, opType) ? table[opType] : undefined)
  if (domain === 'com.microsoft') return ruleIn(microsoft)
  return ruleIn(elementwise) ?? ruleIn(shapes) ?? ruleIn(networks) ?? ruleIn(control)
}

const control: Readonly<Record<string, Rule>> = {
  If: ({ node, body: inside }) => {
    const [yes, no] = ['then_branch', 'else_branch'].map(name => {
      const graph = body(node, name)
      return graph === undefined ? [] : inside(graph)
    })
    return yes!.map((output, at) => agreed(output, no![at] ?? {}))
  },
}

/** The type and the sizes that are the same in two branches. */
function agreed(a: Known, b: Known): Known {
  const shape =
    a.shape?.length === b.shape?.length
      ? a.shape?.map((dim, at) => (dim === b.shape![at] ? dim : undefined))
      : undefined
  return { type: a.type ?? b.type, shape }
}

/** The inferred type and shape, completed with the declared ones. */
function merged(inferred: Known, noted: Known): Known {
  const shape =
    inferred.shape?.length === noted.shape?.length
      ? inferred.shape?.map((dim, at) => dim ?? noted.shape![at])
      : (inferred.shape ?? noted.shape)
  const type = inferred.type ?? noted.type
  return {
    type,
    shape: shape?.map(sized),
    value: type?.includes('float') ? inferred.value : inferred.value?.map(whole),
  }
}

/** Damaged graphs lead to sizes such as -3 or 0.78, which become unknown. */
function sized(dim: Dim): Dim {
  return typeof dim !== 'number' || (Number.isSafeInteger(dim) && dim >= 0) ? dim : undefined
}

function whole(element: Dim): Dim {
  return typeof element !== 'number' || Number.isInteger(element) ? element : undefined
}
