import { bodies } from './attributes.ts'
import { gatesOf, throughGates, withGate, withoutGates } from './gates.ts'
import type { GraphProto, ModelProto } from './generated/onnx-ml_pb.ts'
import { definitions } from './graph.ts'
import { GraphError } from './model.ts'
import { portsOf } from './ports.ts'
import { changed } from './proto.ts'
import { remembered } from './remember.ts'
import { slice } from './slice.ts'

/** A model in two: one that gives values away, and one that takes them. */
export type Carried = {
  /** The whole graph; the values are outputs too, after the model's own. */
  readonly full: ModelProto
  /**
   * The values are inputs, after the model's own, and whatever fed only them is gone: values that stand before others of
   * them too.
   */
  readonly reuse: ModelProto
  /** The names of the values, the same on both sides. */
  readonly values: readonly string[]
}

/**
 * Splits a model at values inside its graph, so that one call can compute them and later calls reuse them. Feeding
 * `reuse` what `full` gave for the same inputs gives the same outputs. Weights stay where they are: external data entries
 * are those of the original, so both models can share its file.
 *
 * @throws GraphError where a value is not one that a node of the graph itself makes (not of an `If`, `Loop` or `Scan` in it),
 * is carried already, or has no part in the outputs
 */
export function carry(model: ModelProto, values: readonly string[]): Carried {
  checkValues(model, values)
  const known = remembered(model)
  const flat = withoutGates(known)
  const graph = flat.graph!
  const needed = new Set(definitions(slice(flat).graph!))
  const idle = values.find(value => !needed.has(value))
  if (idle !== undefined) {
    throw new GraphError(
      `expected ${idle} to have a part in the outputs of ${graph.name}, but they do not depend on it; carry a value between the inputs and the outputs`,
    )
  }
  const ports = portsOf(flat, values)
  const given = new Set(values)
  const outputs = changed(graph, {
    output: [...graph.output, ...ports],
    valueInfo: graph.valueInfo.filter(({ name }) => !given.has(name)),
  })
  const full = throughGates(known, () => changed(flat, { graph: outputs }))
  const reuse = throughGates(known, () => slice(flat, { inputs: ports }))
  return { full, reuse, values }
}

/** A model with a switch that takes values from inputs instead of computing them. */
export type Gated = {
  readonly model: ModelProto
  /** The input that switches: a single `bool`, true to take the values from their inputs. */
  readonly condition: string
  readonly caches: ReturnType<typeof gatesOf>[number]['caches']
}

/**
 * The same as `carry` in one graph: an `If` around each value, so that no weight is there twice. While `condition` is
 * true the values come from their inputs; while it is false they are computed, and the inputs may hold anything of the
 * right type and number of dimensions. Either way they are outputs too.
 *
 * @throws GraphError as `carry` does, or where the model has an input of the name of the condition
 */
export function gate(model: ModelProto, values: readonly string[], condition: string): Gated {
  checkValues(model, values)
  if (model.graph!.input.some(({ name }) => name === condition)) {
    throw new GraphError(`expected no input named ${condition} yet, got a model that has it; gate the original model`)
  }
  const known = remembered(model)
  const gated = withGate(known, condition, values)
  const { caches } = gatesOf(gated).find(entry => entry.condition === condition)!
  return { model: gated, condition, caches }
}

function checkValues(model: ModelProto, values: readonly string[]): void {
  const graph = model.graph!
  if (values.length === 0 || new Set(values).size !== values.length) {
    throw new GraphError(`expected values to carry, each once, got [${values}]; name outputs of nodes`)
  }
  const { node: nodes } = withoutGates(model).graph!
  const made = new Set(nodes.flatMap(({ output }) => output))
  const inside = new Map(
    nodes.flatMap(node =>
      bodies(node)
        .flatMap(madeIn)
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
    if (!made.has(value) && inside.has(value)) {
      throw new GraphError(
        `expected a value of the graph ${graph.name} itself, got ${value}, which a body of ${inside.get(value)} makes anew in each run of it; carry an output of that node, or what goes into it`,
      )
    }
    if (!made.has(value)) {
      throw new GraphError(
        `expected ${value} to be the output of a node of ${graph.name}, which has none of that name; list the names with graph.node`,
      )
    }
  }
}

/** The values that nodes of a body make, and those of bodies in it. */
function madeIn(graph: GraphProto): readonly string[] {
  return graph.node.flatMap(node => [...node.output, ...bodies(node).flatMap(madeIn)])
}
