import { type Cacher, cacherOf, type Reweighting } from '@fewstep/cachers'
import {
  carryDeepFeatures,
  type FirstBlock,
  freeU,
  type Gate,
  gateCrossAttention,
  gateDeepFeatures,
  gateSelfAttention,
  gatesOf,
  type ModelProto,
  readModel,
  splitFirstBlock,
} from '@fewstep/onnx-graph'
import type { Folder, Runtime, Session } from '@fewstep/runtime'
import { rewritten, rewrittenModel } from './rewritten.ts'

/** An opened graph of a U-Net, with its gates. */
export type UnetGraph = { readonly session: Session; readonly gates: readonly Gate[] }

/** An opened U-Net, rewritten for its caches. */
export type UnetGraphs = {
  /** The complete U-Net, or everything after `head`. */
  readonly full: UnetGraph
  /** The part that runs where deep features are reused, and the name of the input that takes them. */
  readonly shallow?: UnetGraph & { readonly feature: string }
  /** The first block, where its change decides which of the other graphs runs; see `FirstBlock`. */
  readonly head?: UnetGraph & Pick<FirstBlock, 'passed' | 'previous' | 'change'>
  dispose(): Promise<void>
}

/** How to rewrite a U-Net for its caches. Equal rewritings share their graphs. */
export type Rewriting = {
  readonly freeU?: Pick<Reweighting, 'version' | 'stage'>
  readonly attention?: { readonly self: boolean }
  readonly deep?: { readonly branch: number; readonly graphs: 1 | 2; readonly decides: boolean }
}

/** The rewriting that caches need; empty for caches that work with any model. */
export function rewritingFor(cachers: readonly Cacher[]): Rewriting {
  const [reweighting, attention, deep] = [
    cacherOf(cachers, 'reweighting'),
    cacherOf(cachers, 'attention'),
    cacherOf(cachers, 'deep-features'),
  ]
  return {
    ...(reweighting === undefined ? {} : { freeU: { version: reweighting.version, stage: reweighting.stage } }),
    ...(attention === undefined ? {} : { attention: { self: attention.selfAttention } }),
    ...(deep === undefined
      ? {}
      : { deep: { branch: deep.branch, graphs: deep.graphs, decides: deep.decides !== undefined } }),
  }
}

const file = 'unet/model.onnx'

/**
 * Opens the U-Net of a folder, rewritten for its caches. An empty rewriting opens the file unchanged.
 *
 * @throws ModelError where the graph lacks what a cache needs
 */
export async function openUnet(folder: Folder, runtime: Runtime, rewriting: Rewriting): Promise<UnetGraphs> {
  if (Object.keys(rewriting).length === 0) {
    const session = await runtime.open(await folder.model(file), { keep: 'all' })
    return { full: { session, gates: [] }, dispose: () => session.dispose() }
  }
  const bytes = await folder.read(file)
  const original = rewritten(folder, file, () => readModel(bytes))
  const { full, shallow, feature, first } = rewritten(folder, file, () => rewrite(original, rewriting))
  const as = await rewrittenModel(folder, file, original)
  const opened: Session[] = []
  const dispose = async (): Promise<void> => void (await Promise.all(opened.map(session => session.dispose())))
  /** All outputs stay on the device, except the one that is read. */
  const open = async (model: ModelProto, readHere?: string): Promise<UnetGraph> => {
    const names = model.graph!.output.map(({ name }) => name)
    const session = await runtime.open(as(model), { keep: names.filter(name => name !== readHere) })
    opened.push(session)
    return { session, gates: gatesOf(model) }
  }
  try {
    const whole = await open(full)
    const part = shallow && { ...(await open(shallow)), feature: feature! }
    const head = first && { ...(await open(first.head, first.change)), ...first }
    return { full: whole, ...(part && { shallow: part }), ...(head && { head }), dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

type Rewritten = {
  readonly full: ModelProto
  readonly shallow?: ModelProto
  readonly feature?: string
  readonly first?: FirstBlock
}

function rewrite(original: ModelProto, { freeU: reweighting, attention, deep }: Rewriting): Rewritten {
  let model = original
  if (reweighting !== undefined) model = freeU(model, reweighting).model
  if (attention !== undefined) model = gateCrossAttention(model).model
  if (attention?.self === true) model = gateSelfAttention(model).model
  if (deep === undefined) return { full: model }
  const { branch, decides } = deep
  if (decides) {
    const first = splitFirstBlock(model, { branch })
    return { ...first, first }
  }
  return deep.graphs === 1 ? { full: gateDeepFeatures(model, { branch }).model } : carryDeepFeatures(model, { branch })
}
