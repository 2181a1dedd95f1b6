import { node, port } from './build.ts'
import { carry } from './carry.ts'
import { carryDeepFeatures, type DeepFeaturesOptions } from './deep-features.ts'
import { dataType } from './element-type.ts'
import { throughGates, withoutGates } from './gates.ts'
import type { ModelProto, NodeProto } from './generated/onnx-ml_pb.ts'
import { infer } from './infer/infer.ts'
import { GraphError } from './model.ts'
import { noPoints } from './no-points.ts'
import { portsOf } from './ports.ts'
import { changed } from './proto.ts'
import { remembered } from './remember.ts'
import { findSkips } from './skips.ts'
import { slice } from './slice.ts'

/** A U-Net as three graphs: its first layers, and the rest as a full and as a shallow graph. */
export type FirstBlock = {
  /** The part up to the output of the first block's first layer, with the outputs `passed` and `change`. */
  readonly head: ModelProto
  /** The full rest: takes `passed`, and returns `feature` after the model's outputs. */
  readonly full: ModelProto
  /** The shallow rest: takes `feature`, and the values of `passed` that it needs. */
  readonly shallow: ModelProto
  /** The names of the values that go from `head` to the rest. The last one is the first block's output. */
  readonly passed: readonly string[]
  readonly feature: string
  /** The input of `head` for the first block's output in an earlier run, or for a single 0 if there is none. */
  readonly previous: string
  /** The output of `head`, a float32 scalar: `mean|v − previous| / mean|previous|` of the first block's output v. */
  readonly change: string
}

const [previous, change] = ['first_block.previous', 'first_block.change'] as const

/**
 * DeepCache that can decide during the run (First Block Cache of ParaAttention, for U-Nets). The change of the first block's
 * output, one number, predicts how much the deep features have changed, so it decides whether the full or the shallow rest runs.
 * No layer is computed twice: `head` and `full` together are the model, `head` and `shallow` together its shallow part.
 *
 * The first block's output is the skip connection 1. `branch` is as in `carryDeepFeatures`.
 *
 * @throws GraphError if the model has fewer than two skip connections, or none with that number
 */
export function splitFirstBlock(model: ModelProto, options: DeepFeaturesOptions = {}): FirstBlock {
  const annotated = remembered(model)
  const passed = findSkips(annotated)
    .slice(0, 2)
    .map(({ skip }) => skip)
  const [, first] = passed
  if (first === undefined) throw noPoints(model, 'skip connections')
  const { full, shallow, feature } = carryDeepFeatures(carry(annotated, passed).reuse, options)
  const { type, shape } = infer(withoutGates(annotated)).get(first) ?? {}
  if (type === undefined || shape === undefined)
    throw new GraphError(`the type and shape of ${first} do not follow from the graph; export the model again`)
  const head = throughGates(annotated, flat => {
    const sliced = slice(flat, { outputs: portsOf(flat, passed) })
    const graph = sliced.graph!
    const previousInput = port(
      previous,
      type,
      shape.map((_, axis) => `${previous}_${axis}`),
    )
    return changed(sliced, {
      graph: changed(graph, {
        node: [...graph.node, ...measuring(first)],
        input: [...graph.input, previousInput],
        output: [...graph.output, port(change, 'float32', [])],
      }),
    })
  })
  return { head, full, shallow, passed, feature, previous, change }
}

/** Measures the change in float32, because sums in float16 could overflow. */
function measuring(first: string): readonly NodeProto[] {
  const to = { to: { int: dataType('float32') } }
  const mean = { keepdims: { int: 0 } }
  const [now, before] = [`${change}.now`, `${change}.before`]
  return [
    node('Cast', [first], [now], to),
    node('Cast', [previous], [before], to),
    node('Sub', [now, before], [`${change}.difference`]),
    node('Abs', [`${change}.difference`], [`${change}.distance`]),
    node('Abs', [before], [`${change}.magnitude`]),
    node('ReduceMean', [`${change}.distance`], [`${change}.distances`], mean),
    node('ReduceMean', [`${change}.magnitude`], [`${change}.magnitudes`], mean),
    node('Div', [`${change}.distances`, `${change}.magnitudes`], [change]),
  ]
}
