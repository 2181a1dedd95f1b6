import { carry, type Gated, gate } from './carry.ts'
import type { ModelProto } from './generated/onnx-ml_pb.ts'
import { GraphError } from './model.ts'
import { noPoints } from './no-points.ts'
import { remembered } from './remember.ts'
import { findSkips } from './skips.ts'

/** Which skip connections DeepCache's shallow pass still computes. */
export type DeepFeaturesOptions = {
  /** 0, the default, computes only `conv_in` and the last up layer. The highest number computes nearly everything. */
  readonly branch?: number
}

/** A U-Net as two graphs: the complete graph and its shallow part. */
export type DeepFeatures = {
  /** The complete graph, with the output `feature` after the model's outputs. */
  readonly full: ModelProto
  /** The part around the kept skip connections, with the input `feature` after the model's inputs. */
  readonly shallow: ModelProto
  /** The name of the value that comes up from the depth, before it is joined with the skip connection `branch`. */
  readonly feature: string
}

/**
 * DeepCache (arXiv 2312.00858, algorithm 1) in two graphs. The features that come up from a U-Net's depth change little from step
 * to step, so they are computed every few steps and reused between. All skip connections up to `branch` are always computed.
 *
 * `branch` is DeepCacheSDHelper's `cache_branch_id`. `feature` has the batch size of the run that computed it, including both
 * halves of a guided batch.
 *
 * @throws GraphError if the model has no skip connections, or none with that number
 */
export function carryDeepFeatures(model: ModelProto, options: DeepFeaturesOptions = {}): DeepFeatures {
  const annotated = remembered(model)
  const { main } = skipOf(annotated, options)
  const { full, reuse } = carry(annotated, [main])
  return { full, shallow: reuse, feature: main }
}

/**
 * The same as `carryDeepFeatures` in one graph, with every weight once. While the input `condition` (`reuse_deep_features_` and
 * the branch) is true, only the shallow part runs.
 *
 * @throws GraphError as `carryDeepFeatures` does
 */
export function gateDeepFeatures(model: ModelProto, options: DeepFeaturesOptions = {}): Gated {
  const annotated = remembered(model)
  const { main, branch } = skipOf(annotated, options)
  return gate(annotated, [main], `reuse_deep_features_${branch}`)
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
