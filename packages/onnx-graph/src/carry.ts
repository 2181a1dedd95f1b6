import { bodies } from './attributes.ts'
import { gatesOf, throughGates, withGate, withoutGates } from './gates.ts'
import type { GraphProto, ModelProto } from './generated/onnx-ml_pb.ts'
import { definitions } from './graph.ts'
import { GraphError } from './model.ts'
import { portsOf } from './ports.ts'
import { changed } from './proto.ts'
import { remembered } from './remember.ts'
import { slice } from './slice.ts'

/** A model as two graphs: one returns values, and one takes them as inputs. */
export type Carried = {
  /** The complete graph. The values are outputs too, after the model's outputs. */
  readonly full: ModelProto
  /**
   * The graph with the values as inputs, after the model's inputs, without the nodes that only computed them. A value that is
   * needed only to compute other values is not an input.
   */
  readonly reuse: ModelProto
  /** The names of the values, the same in both graphs. */
  readonly values: readonly string[]
}

/**
 * Splits a model at values inside its graph, so that one run computes them and later runs reuse them. If `reuse` is fed with the
 * values that `full` returned for the same inputs, it returns the same outputs. Weights are not copied: external data entries stay
 * those of the original, so both models can share its file.
 *
 * @throws GraphError if a value is not the output of a node of the graph itself (nodes inside an `If`, `Loop` or `Scan` do not
 * count), is carried already, or does not affect the outputs
 */
export function carry(model: ModelProto, values: readonly string[]): Carried {
  checkValues(model, values)
  const annotated = remembered(model)
  const flat = withoutGates(annotated)
  const graph = flat.graph!
  const needed = new Set(definitions(slice(flat).graph!))
  const idle = values.find(value => !needed.has(value))
  if (idle !== undefined) {
    throw new GraphError(
      `expected ${idle} to affect the outputs of ${graph.name}, but they do not depend on it; carry a value between the inputs and the outputs`,
    )
  }
  const ports = portsOf(flat, values)
  const carriedValues = new Set(values)
  const outputs = changed(graph, {
    output: [...graph.output, ...ports],
    valueInfo: graph.valueInfo.filter(({ name }) => !carriedValues.has(name)),
  })
  const full = throughGates(annotated, () => changed(flat, { graph: outputs }))
  const reuse = throughGates(annotated, () => slice(flat, { inputs: ports }))
  return { full, reuse, values }
}

/** A model with a switch. While it is on, values come from inputs instead of being computed. */
export type Gated = {
  readonly model: ModelProto
  /** The input that switches: a single `bool`. While it is true, the values come from their inputs. */
  readonly condition: string
  readonly caches: ReturnType<typeof gatesOf>[number]['caches']
}

/**
 * The same as `carry` in one graph: there is an `If` around each value, so every weight is in the graph once. While `condition` is
 * true, the values come from their inputs. While it is false, they are computed, and the inputs may be any tensors of the right
 * type and number of dimensions. In both cases the values are outputs too.
 *
 * @throws GraphError as `carry` does, or if the model has an input with the name of the condition
 */
export function gate(model: ModelProto, values: readonly string[], condition: string): Gated {
  checkValues(model, values)
  if (model.graph!.input.some(({ name }) => name === condition)) {
    throw new GraphError(`expected no input named ${condition} yet, got a model that has it; gate the original model`)
  }
  const annotated = remembered(model)
  const gated = withGate(annotated, condition, values)
  const { caches } = gatesOf(gated).find(entry => entry.condition === condition)!
  return { model: gated, condition, caches }
}

function checkValues(model: ModelProto, values: readonly string[]): void {
  const graph = model.graph!
  if (values.length === 0 || new Set(values).size !== values.length) {
    throw new GraphError(`expected values to carry, each once, got [${values}]; name outputs of nodes`)
  }
  const { node: nodes } = withoutGates(model).graph!
  const computed = new Set(nodes.flatMap(({ output }) => output))
  const inside = new Map(
    nodes.flatMap(node =>
      bodies(node)
        .flatMap(valuesIn)
        .map(name => [name, node.opType] as const),
    ),
  )
  const ports = new Set([...graph.input, ...graph.output].map(({ name }) => name))
  const gated = new Set(gatesOf(model).flatMap(({ caches }) => caches.map(({ value }) => value)))
  for (const value of values) {
    if (ports.has(value) || gated.has(value)) {
      throw new GraphError(
        `expected a value inside the graph, got ${value}, which is an input or output of it already; start from a model where it is not carried yet`,
      )
    }
    if (!computed.has(value) && inside.has(value)) {
      throw new GraphError(
        `expected a value of the graph ${graph.name} itself, got ${value}, which a body of ${inside.get(value)} computes again in each of its runs; carry an output of that node, or what goes into it`,
      )
    }
    if (!computed.has(value)) {
      throw new GraphError(
        `expected ${value} to be the output of a node of ${graph.name}, which has none of that name; list the names with graph.node`,
      )
    }
  }
}

/** The values that the nodes of a body compute, including those of nested bodies. */
function valuesIn(graph: GraphProto): readonly string[] {
  return graph.node.flatMap(node => [...node.output, ...bodies(node).flatMap(valuesIn)])
}
