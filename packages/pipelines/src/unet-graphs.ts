import { type Cacher, cacherOf, type Reweighting } from '@fewstep/cachers'
import {
  carryDeepFeatures,
  freeU,
  type Gate,
  gateCrossAttention,
  gateDeepFeatures,
  gateSelfAttention,
  gatesOf,
  type ModelProto,
  readModel,
} from '@fewstep/onnx-graph'
import type { Folder, Runtime, Session } from '@fewstep/runtime'
import { rewritten, rewrittenModel } from './rewritten.ts'

/** One graph of a U-Net, opened, with its gates. */
export type UnetGraph = { readonly session: Session; readonly gates: readonly Gate[] }

/** A U-Net opened as some caches need it. */
export type UnetGraphs = {
  readonly full: UnetGraph
  /** The part that runs where deep features are reused, and the value that it takes them from. */
  readonly shallow?: UnetGraph & { readonly feature: string }
  dispose(): Promise<void>
}

/** How caches want a U-Net rewritten: what is equal here can share its graphs. */
export type Rewriting = {
  readonly freeU?: Pick<Reweighting, 'version' | 'stage'>
  readonly attention?: { readonly self: boolean }
  readonly deep?: { readonly branch: number; readonly graphs: 1 | 2 }
}

/** The rewriting that caches ask for; empty for those that work with any network. */
export function rewritingFor(cachers: readonly Cacher[]): Rewriting {
  const [reweighting, attention, deep] = [
    cacherOf(cachers, 'reweighting'),
    cacherOf(cachers, 'attention'),
    cacherOf(cachers, 'deep-features'),
  ]
  return {
    ...(reweighting === undefined ? {} : { freeU: { version: reweighting.version, stage: reweighting.stage } }),
    ...(attention === undefined ? {} : { attention: { self: attention.selfAttention } }),
    ...(deep === undefined ? {} : { deep: { branch: deep.branch, graphs: deep.graphs } }),
  }
}

const file = 'unet/model.onnx'

/**
 * Opens the U-Net of a folder, rewritten. Without anything to rewrite it is opened as it is.
 *
 * @throws ModelError where the graph has nothing of the kind that a cache needs
 */
export async function openUnet(folder: Folder, runtime: Runtime, rewriting: Rewriting): Promise<UnetGraphs> {
  if (Object.keys(rewriting).length === 0) {
    const session = await runtime.open(await folder.model(file), { keep: 'all' })
    return { full: { session, gates: [] }, dispose: () => session.dispose() }
  }
  const original = readModel(await folder.read(file))
  const { full, shallow, feature } = rewritten(folder, file, () => rewrite(original, rewriting))
  const as = await rewrittenModel(folder, file, original)
  const open = async (model: ModelProto): Promise<UnetGraph> => ({
    session: await runtime.open(as(model), { keep: 'all' }),
    gates: gatesOf(model),
  })
  const whole = await open(full)
  if (shallow === undefined) return { full: whole, dispose: () => whole.session.dispose() }
  try {
    const part = { ...(await open(shallow)), feature: feature! }
    return {
      full: whole,
      shallow: part,
      dispose: async () => void (await Promise.all([whole.session.dispose(), part.session.dispose()])),
    }
  } catch (error) {
    await whole.session.dispose()
    throw error
  }
}

function rewrite(
  original: ModelProto,
  { freeU: reweighting, attention, deep }: Rewriting,
): { readonly full: ModelProto; readonly shallow?: ModelProto; readonly feature?: string } {
  let model = original
  if (reweighting !== undefined) model = freeU(model, reweighting).model
  if (attention !== undefined) model = gateCrossAttention(model).model
  if (attention?.self === true) model = gateSelfAttention(model).model
  if (deep === undefined) return { full: model }
  const { branch } = deep
  return deep.graphs === 1 ? { full: gateDeepFeatures(model, { branch }).model } : carryDeepFeatures(model, { branch })
}
