import { findSkips, GraphError, type ModelProto, type UnetCosts, unetCosts } from '@fewstep/onnx-graph'

/** What a U-Net's parts cost; `undefined` for another network, and where sizes are left open. */
export function costsOf(model: ModelProto, sizes: Readonly<Record<string, readonly number[]>>): UnetCosts | undefined {
  return findSkips(model).length === 0 ? undefined : whereKnown(() => unetCosts(model, sizes))
}

/** `undefined` where the model does not tell enough. */
function whereKnown<R>(count: () => R): R | undefined {
  try {
    return count()
  } catch (error) {
    if (error instanceof GraphError) return undefined
    throw error
  }
}

/** What each branch costs, a line for each. */
export function branchLines({ shallow }: UnetCosts): readonly string[] {
  const lines = shallow.map(({ branch, share }) => {
    const bound = (interval: number) => (interval / (1 + (interval - 1) * share)).toFixed(2)
    const percent = `${(100 * share).toFixed(1)} %`
    return `  branch ${String(branch).padStart(2)}  ${percent.padStart(7)}   interval 3: ${bound(3)}x, 5: ${bound(5)}x`
  })
  return [
    'DeepCache: what a call costs that reuses the features of a branch, and how much faster a run is at most',
    ...lines,
  ]
}
