import { findSkips, GraphError, type ModelProto, type UnetCosts, unetCosts } from '@fewstep/onnx-graph'

/** The costs of a U-Net's parts; `undefined` for other models, and where the graph leaves sizes open. */
export function costsOf(model: ModelProto, sizes: Readonly<Record<string, readonly number[]>>): UnetCosts | undefined {
  return findSkips(model).length === 0 ? undefined : undefinedUnlessCounted(() => unetCosts(model, sizes))
}

/** The count, or `undefined` where the graph does not say enough to count. */
function undefinedUnlessCounted<R>(count: () => R): R | undefined {
  try {
    return count()
  } catch (error) {
    if (error instanceof GraphError) return undefined
    throw error
  }
}

/** One line for each branch, with its cost. */
export function branchLines({ shallow }: UnetCosts): readonly string[] {
  const lines = shallow.map(({ branch, share }) => {
    const bound = (interval: number) => (interval / (1 + (interval - 1) * share)).toFixed(2)
    const percent = `${(100 * share).toFixed(1)} %`
    return `  branch ${String(branch).padStart(2)}  ${percent.padStart(7)}   interval 3: ${bound(3)}x, 5: ${bound(5)}x`
  })
  return [
    'DeepCache: cost of an evaluation that reuses the features of a branch, and the highest speedup of a run',
    ...lines,
  ]
}
