const tokens = 'samples tokens, no numbers; see @fewstep/solvers/discrete'
const stages = 'goes through stages of several sizes, each with noise of its own; run it in diffusers'

/** Classes of diffusers that no solver here could stand for, and why. */
export const refusedClasses: Readonly<Record<string, string>> = {
  AmusedScheduler: tokens,
  BlockRefinementScheduler: tokens,
  DiscreteDDIMScheduler: tokens,
  EntropyBoundScheduler: tokens,
  VQDiffusionScheduler: tokens,
  HeliosScheduler: stages,
  HeliosDMDScheduler: stages,
  PiflowScheduler: 'asks the network for a policy, not for an estimate; run it in diffusers',
  RFD4ProteinaScheduler: 'rescales scores of proteins under a mask; run it in diffusers',
}
