import { int } from './attributes.ts'
import { withoutGates } from './gates.ts'
import type { ModelProto, NodeProto } from './generated/onnx-ml_pb.ts'
import { type Index, indexed } from './graph.ts'
import { infer } from './infer/infer.ts'
import type { Known } from './infer/known.ts'
import { readList } from './record.ts'
import { dependsOn, isConvolution, isTransparent, next, origin } from './trace.ts'

/** A place where a U-Net joins the value that comes up from its depth with a skip connection. */
export type Skip = {
  /**
   * The number of the skip connection, in the order in which the model computes them: 0 is the output of `conv_in`. DeepCache's
   * branch of the same number reuses the value `main`.
   */
  readonly branch: number
  /** The value that comes up: the first operand of `torch.cat([hidden, skip])`. */
  readonly main: string
  /** The value of the skip connection, the second operand. */
  readonly skip: string
  /** The value that joins both. */
  readonly joined: string
  /** The number of the up block, counted from the deepest: how often the model has scaled up before. */
  readonly block: number
  /** Channels of `main` and `skip`, if they are known. */
  readonly mainChannels?: number | undefined
  readonly skipChannels?: number | undefined
}

/**
 * The skip connections of a U-Net, in the order of their branches. They are found by structure, so the names of an exporter or
 * optimizer do not matter: a `Concat` of two values along the channels, one of which depends on the other, that a convolution reads
 * (the shortcut of the next block). Empty if there are none, as in a transformer.
 *
 * The numbering is that of DeepCacheSDHelper's `cache_branch_id` (github.com/horseee/DeepCache).
 */
export function findSkips(model: ModelProto): readonly Skip[] {
  const computed = new Set(withoutGates(model).graph!.node.flatMap(({ output }) => output))
  return allSkips(model).filter(({ joined }) => computed.has(joined))
}

/**
 * How often a U-Net halves the size of its input, which is how often it scales up again before its last skip connection. Width and
 * height must be multiples of `2 ** halvings(model)`. 0 if there are no skip connections.
 */
export function halvings(model: ModelProto): number {
  return Math.max(0, ...allSkips(model).map(({ block }) => block))
}

/** The skip connections of the original model, including those that a rewrite has removed. */
export function allSkips(model: ModelProto): readonly Skip[] {
  const recorded = readList<Skip>(model, 'skips', {
    branch: 'number',
    main: 'string',
    skip: 'string',
    joined: 'string',
    block: 'number',
    mainChannels: 'optional number',
    skipChannels: 'optional number',
  })
  if (recorded.length > 0) return recorded
  const index = indexed(model.graph!)
  const joints = index.nodes.flatMap(node => joint(index, node) ?? [])
  if (joints.length === 0) return []
  const values = infer(model)
  const blocks = joints.map(({ main }) => upscalings(index, main))
  return joints
    .map(({ main, skip, joined, axis }, order) => ({
      branch: joints.length - 1 - order,
      main,
      skip,
      joined,
      block: blocks[order]!,
      mainChannels: channels(values.get(main), axis),
      skipChannels: channels(values.get(skip), axis),
    }))
    .reverse()
}

type Joint = Pick<Skip, 'main' | 'skip' | 'joined'> & { readonly axis: number }

function joint(index: Index, node: NodeProto): Joint | undefined {
  const [first, second] = node.input
  const [joined] = node.output
  const axis = int(node, 'axis')
  if (node.opType !== 'Concat' || node.input.length !== 2 || joined === undefined) return undefined
  if (axis === undefined || ![1, -3, 3, -1].includes(axis)) return undefined
  if (next(index, joined, isConvolution, isTransparent).length === 0) return undefined
  if (comesFrom(index, first!, second!)) return { main: first!, skip: second!, joined, axis: (axis + 4) % 4 }
  if (comesFrom(index, second!, first!)) return { main: second!, skip: first!, joined, axis: (axis + 4) % 4 }
  return undefined
}

function comesFrom(index: Index, value: string, ancestor: string): boolean {
  const place = index.producer.get(residualOrigin(index, ancestor))
  const source = origin(index, value)
  return place !== undefined && index.producer.get(source) !== place && dependsOn(index, source, place)
}

/** The origin of a skip connection. Skips a ControlNet's residual, an input that is added to it. */
function residualOrigin(index: Index, value: string): string {
  const name = origin(index, value)
  const place = index.producer.get(name)
  const node = place === undefined ? undefined : index.nodes[place]!
  if (node?.opType !== 'Add') return name
  const inner = node.input.filter(operand => index.producer.has(origin(index, operand)))
  return inner.length === 1 ? origin(index, inner[0]!) : name
}

const upscaling: ReadonlySet<string> = new Set(['Resize', 'Upsample', 'ConvTranspose', 'DepthToSpace'])

/** How many upscaling nodes a value depends on. */
function upscalings(index: Index, value: string): number {
  const seen = new Set<number>()
  const open = [value]
  while (open.length > 0) {
    const place = index.producer.get(open.pop()!)
    if (place === undefined || seen.has(place)) continue
    seen.add(place)
    open.push(...index.reads[place]!)
  }
  return [...seen].filter(place => upscaling.has(index.nodes[place]!.opType)).length
}

function channels(known: Known | undefined, axis: number): number | undefined {
  const dim = known?.shape?.length === 4 ? known.shape[axis] : undefined
  return typeof dim === 'number' ? dim : undefined
}
