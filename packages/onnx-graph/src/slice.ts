import { bodies } from './attributes.ts'
import type { GraphProto, ModelProto, ValueInfoProto } from './generated/onnx-ml_pb.ts'
import { definitions, indexed } from './graph.ts'
import { GraphError } from './model.ts'
import { changed } from './proto.ts'

/**
 * The part of a model that its outputs need: the slice backward from `outputs`, which ends at the values in `inputs`.
 * Nodes, weights, inputs, local functions and notes about values that fall outside go; everything else stays, external
 * data entries and opset versions among it.
 *
 * `outputs` are the model's own unless given; `inputs` become inputs, where anything still reads them, after those of
 * the model.
 *
 * @throws GraphError where an output is not a value of the graph
 */
export function slice(
  model: ModelProto,
  options: { readonly outputs?: readonly ValueInfoProto[]; readonly inputs?: readonly ValueInfoProto[] } = {},
): ModelProto {
  const graph = model.graph!
  const { outputs = graph.output, inputs = [] } = options
  const { nodes, reads: read, producer } = indexed(graph)
  const cut = new Set(inputs.map(({ name }) => name))
  const needed = new Set<string>()
  const kept = new Uint8Array(nodes.length)
  const open = outputs.map(({ name }) => name)
  while (open.length > 0) {
    const name = open.pop()!
    if (needed.has(name)) continue
    needed.add(name)
    const place = cut.has(name) ? undefined : producer.get(name)
    if (place === undefined || kept[place] === 1) continue
    kept[place] = 1
    open.push(...read[place]!)
  }
  const sliced = changed(graph, {
    node: nodes.filter((_, place) => kept[place] === 1),
    input: [
      ...graph.input.filter(({ name }) => needed.has(name) && !cut.has(name)),
      ...inputs.filter(({ name }) => needed.has(name)),
    ],
    output: [...outputs],
    initializer: graph.initializer.filter(({ name }) => needed.has(name) && !cut.has(name)),
    sparseInitializer: graph.sparseInitializer.filter(({ values }) => needed.has(values?.name ?? '')),
  })
  const known = new Set(definitions(sliced))
  const unknown = outputs.find(({ name }) => !known.has(name))
  if (unknown !== undefined) {
    throw new GraphError(
      `expected the output ${unknown.name} to be a value of the graph ${graph.name}, which has none of that name; export the model again`,
    )
  }
  const ports = new Set([...sliced.input, ...sliced.output].map(({ name }) => name))
  const tidy = changed(sliced, {
    valueInfo: graph.valueInfo.filter(({ name }) => known.has(name) && !ports.has(name)),
    quantizationAnnotation: graph.quantizationAnnotation.filter(({ tensorName }) => known.has(tensorName)),
  })
  return changed(model, { graph: tidy, functions: calledFunctions(model, tidy) })
}

/** The local functions that a graph calls, and those that these call. */
function calledFunctions(model: ModelProto, graph: GraphProto): ModelProto['functions'] {
  if (model.functions.length === 0) return []
  const called = new Set<string>()
  const open = [graph.node]
  while (open.length > 0) {
    for (const node of open.pop()!) {
      open.push(...bodies(node).map(inner => inner.node))
      const callee = `${node.domain}:${node.opType}`
      if (called.has(callee)) continue
      called.add(callee)
      open.push(...model.functions.filter(({ domain, name }) => `${domain}:${name}` === callee).map(f => f.node))
    }
  }
  return model.functions.filter(({ domain, name }) => called.has(`${domain}:${name}`))
}
