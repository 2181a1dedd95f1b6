const tokens = 'samples tokens instead of numbers; see @fewstep/solvers/discrete'
const stages = 'runs in stages of several sizes, each with new noise; run it in diffusers'

/** Classes of diffusers that are not supported, with the reasons. */
export const refusedClasses: Readonly<Record<string, string>> = {
  AmusedScheduler: tokens,
  BlockRefinementScheduler: tokens,
  DiscreteDDIMScheduler: tokens,
  EntropyBoundScheduler: tokens,
  VQDiffusionScheduler: tokens,
  HeliosScheduler: stages,
  HeliosDMDScheduler: stages,
  PiflowScheduler: 'uses a model that predicts a policy instead of an estimate; run it in diffusers',
  RFD4ProteinaScheduler: 'rescales scores of proteins under a mask; run it in diffusers',
}
