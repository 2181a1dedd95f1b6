import { int } from './attributes.ts'
import { port } from './build.ts'
import {
  type Backbone,
  backbone,
  type FreeUVersion,
  freeUWeights,
  halfMask,
  lowPass,
  stageNodes,
} from './free-u-nodes.ts'
import { throughGates } from './gates.ts'
import type { ModelProto, NodeProto } from './generated/onnx-ml_pb.ts'
import { infer } from './infer/infer.ts'
import { GraphError } from './model.ts'
import { noPoints } from './no-points.ts'
import { changed } from './proto.ts'
import { recorded, withRecord } from './record.ts'
import { remembered } from './remember.ts'
import { allSkips, findSkips, type Skip } from './skips.ts'

/** How FreeU changes a graph. */
export type FreeUOptions = {
  /**
   * 1, the default, as in diffusers: half of the channels times b. 2, as in the paper: the factor is between 1 and b, higher where
   * the mean of the channels is high.
   */
  readonly version?: FreeUVersion
  /**
   * Which skip connections b1 and s1 apply to (the first stage), and which b2 and s2 apply to (the second stage).
   * - `block` (default): those of the first and of the second up block, as in diffusers;
   * - `channels`: those whose backbone has 1280 and 640 channels, as in the authors' code (github.com/ChenyangSi/FreeU);
   * - `multiples`: those whose backbone has four and two times the channels of `conv_in`, as in ComfyUI.
   */
  readonly stage?: FreeUStage
}

export type FreeUStage = 'block' | 'channels' | 'multiples'

/** A U-Net with FreeU's strengths as inputs. */
export type FreeU = {
  readonly model: ModelProto
  /**
   * The names of the inputs, float32 scalars: strengths of the backbone (`freeu_b1`, `freeu_b2`) and of the skip connections
   * (`freeu_s1`, `freeu_s2`). With all of them at 1 the model computes the same as without FreeU, so feed 1 at the steps where it
   * should be off. A part cut from the model has only the inputs that it uses.
   */
  readonly inputs: readonly string[]
}

/**
 * FreeU (arXiv 2309.11497, equations 4 to 7): strengthens the features that come up from a U-Net's depth (the backbone) and weakens
 * the low frequencies of its skip connections. The Fourier filter is written in closed form, as products of matrices, for images of
 * any size. It is computed in float32, even in a float16 model.
 *
 * @throws GraphError if the model has no skip connections of these stages, has its channels last, or has FreeU already
 */
export function freeU(model: ModelProto, options: FreeUOptions = {}): FreeU {
  const { version = 1, stage = 'block' } = options
  if (recorded(model, 'freeu') !== undefined) {
    throw new GraphError(
      'expected a model without FreeU, got one that has it; set its strengths with the inputs freeu_b1 …',
    )
  }
  const annotated = remembered(model)
  const skips = allSkips(annotated)
  if (skips.length === 0) throw noPoints(model, 'skip connections')
  const stages = stagesOf(skips, stage)
  if (stages.size === 0) {
    const seen = [...new Set(skips.map(({ mainChannels }) => mainChannels ?? 'unknown'))].join(', ')
    throw new GraphError(
      `expected skip connections of FreeU's stages by ${stage}, found none (channels of the backbone: ${seen}); choose another stage, such as 'block'`,
    )
  }
  const rewritten = throughGates(annotated, flat => woven(flat, stages, version))
  const inputs = rewritten.graph!.input.map(({ name }) => name).filter(name => /^freeu_[bs][12]$/.test(name))
  return { model: withRecord(rewritten, 'freeu', `${version} ${stage}`), inputs }
}

/** The stage, 1 or 2, of each place by its joined value. */
function stagesOf(skips: readonly Skip[], stage: FreeUStage): ReadonlyMap<string, 1 | 2> {
  const base = skips.find(({ branch }) => branch === 0)?.skipChannels
  const measure = ({ block, mainChannels }: Skip): number | undefined => (stage === 'block' ? block : mainChannels)
  const unit = stage === 'channels' ? 320 : (base ?? 0)
  const [first, second] = stage === 'block' ? [0, 1] : [4 * unit, 2 * unit]
  const stageOf = (skip: Skip) => (measure(skip) === first ? 1 : measure(skip) === second ? 2 : undefined)
  return new Map(
    skips.flatMap(skip => {
      const stage = stageOf(skip)
      return stage === undefined ? [] : [[skip.joined, stage] as const]
    }),
  )
}

function woven(model: ModelProto, stages: ReadonlyMap<string, 1 | 2>, version: FreeUVersion): ModelProto {
  const graph = model.graph!
  const skips = findSkips(model).filter(({ joined }) => stages.has(joined))
  if (skips.length === 0) return model
  const values = infer(model)
  const opset = Number(model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 17n)
  const last = graph.node.find(node => stages.has(node.output[0] ?? '') && ((int(node, 'axis') ?? 1) + 4) % 4 === 3)
  if (last !== undefined) {
    throw new GraphError(
      `expected channels before height and width where FreeU applies, got the joint ${last.name} with channels last; put FreeU into the model before an optimizer changes its layout`,
    )
  }
  const joints = new Map(skips.map(skip => [skip.joined, joint(skip)]))
  function joint({ main, skip, joined }: Skip): Backbone {
    const shape = values.get(main)?.shape
    const channels = shape?.[1]
    const type = values.get(main)?.type
    if (typeof channels !== 'number' || shape!.length !== 4 || type === undefined) {
      throw new GraphError(
        `expected ${main} to have a known number of channels, got the shape [${shape ?? 'unknown'}]; export the model with fixed channels`,
      )
    }
    return { main, skip, joined, channels, type, stage: stages.get(joined)!, opset }
  }
  const used = [...new Set([...joints.values()].map(({ stage }) => stage))].sort()
  const weave = (node: NodeProto): readonly NodeProto[] => {
    const found = joints.get(node.output[0] ?? '')
    if (found === undefined) return [node]
    const [strengthened, filtered] = [backbone(found, version), lowPass(found)]
    const replaced = new Map([
      [found.main, strengthened.value],
      [found.skip, filtered.value],
    ])
    const input = node.input.map(name => replaced.get(name) ?? name)
    return [...strengthened.nodes, ...filtered.nodes, changed(node, { input })]
  }
  const widths = [...new Set([...joints.values()].map(({ channels }) => channels))]
  const nodes = [...used.flatMap(stageNodes), ...graph.node.flatMap(weave)]
  const read = new Set(nodes.flatMap(({ input }) => input))
  const weights = [...freeUWeights(), ...widths.map(halfMask)].filter(({ name }) => read.has(name))
  const strengths = used.flatMap(stage => [`freeu_b${stage}`, `freeu_s${stage}`])
  return changed(model, {
    graph: changed(graph, {
      node: nodes,
      input: [...graph.input, ...strengths.map(name => port(name, 'float32', []))],
      initializer: [...graph.initializer, ...weights],
    }),
  })
}
