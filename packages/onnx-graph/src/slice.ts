import { bodies } from './attributes.ts'
import type { GraphProto, ModelProto, ValueInfoProto } from './generated/onnx-ml_pb.ts'
import { definitions, indexed } from './graph.ts'
import { GraphError } from './model.ts'
import { changed } from './proto.ts'

/**
 * The part of a model that computes `outputs` from `inputs`. Nodes, weights, inputs, local functions and value descriptions outside
 * of that part are removed. Everything else stays, including external data entries and opset versions.
 *
 * `outputs` are the model's outputs by default. The values `inputs` become inputs after those of the model, if anything still
 * reads them.
 *
 * @throws GraphError if an output is not a value of the graph
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
  const defined = new Set(definitions(sliced))
  const unknown = outputs.find(({ name }) => !defined.has(name))
  if (unknown !== undefined) {
    throw new GraphError(
      `expected the output ${unknown.name} to be a value of the graph ${graph.name}, which has none of that name; export the model again`,
    )
  }
  const ports = new Set([...sliced.input, ...sliced.output].map(({ name }) => name))
  const tidy = changed(sliced, {
    valueInfo: graph.valueInfo.filter(({ name }) => defined.has(name) && !ports.has(name)),
    quantizationAnnotation: graph.quantizationAnnotation.filter(({ tensorName }) => defined.has(tensorName)),
  })
  return changed(model, { graph: tidy, functions: calledFunctions(model, tidy) })
}

/** The local functions that a graph calls, directly or through other functions. */
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
