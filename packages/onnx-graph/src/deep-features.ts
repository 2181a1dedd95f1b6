import { carry, type Gated, gate } from './carry.ts'
import type { ModelProto } from './generated/onnx-ml_pb.ts'
import { GraphError } from './model.ts'
import { noPoints } from './no-points.ts'
import { remembered } from './remember.ts'
import { findSkips } from './skips.ts'

/** Which of the skip connections DeepCache's shallow pass still goes through. */
export type DeepFeaturesOptions = {
  /** 0 keeps `conv_in` and the last up layer only; the highest number recomputes nearly everything. 0 by default. */
  readonly branch?: number
}

/** A U-Net in two: the whole, and its shallow part. */
export type DeepFeatures = {
  /** The whole graph; the output `feature` comes after the model's own. */
  readonly full: ModelProto
  /** The part around the kept skip connections; the input `feature` comes after the model's own. */
  readonly shallow: ModelProto
  /** The name of the value: what comes up from the depth, before it is joined with the skip connection `branch`. */
  readonly feature: string
}

/**
 * DeepCache: the features that come up from a U-Net's depth change little from one step to the next, so they are computed
 * now and then and reused in between (arXiv 2312.00858, algorithm 1). All skip connections up to `branch` stay fresh.
 *
 * `branch` is DeepCacheSDHelper's `cache_branch_id`. `feature` is of the batch that the network ran with, both halves of
 * the guidance.
 *
 * @throws GraphError where the model has no skip connections, or none of that number
 */
export function carryDeepFeatures(model: ModelProto, options: DeepFeaturesOptions = {}): DeepFeatures {
  const known = remembered(model)
  const { main } = skipOf(known, options)
  const { full, reuse } = carry(known, [main])
  return { full, shallow: reuse, feature: main }
}

/**
 * The same in one graph: while the input `condition` (`reuse_deep_features_` and the branch) is true, only the shallow
 * part runs. No weight is there twice.
 *
 * @throws GraphError as `carryDeepFeatures` does
 */
export function gateDeepFeatures(model: ModelProto, options: DeepFeaturesOptions = {}): Gated {
  const known = remembered(model)
  const { main, branch } = skipOf(known, options)
  return gate(known, [main], `reuse_deep_features_${branch}`)
}

function skipOf(model: ModelProto, { branch = 0 }: DeepFeaturesOptions) {
  const skips = findSkips(model)
  if (skips.length === 0) throw noPoints(model, 'skip connections')
  const found = skips.find(skip => skip.branch === branch)
  if (found === undefined) {
    throw new GraphError(
      `expected a branch from ${skips[0]!.branch} to ${skips.at(-1)!.branch}, got ${branch}; the model has ${skips.length} skip connections`,
    )
  }
  return found
}
