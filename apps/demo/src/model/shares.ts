import { GraphError, type ModelProto, readModel, unetCosts } from '@fewstep/onnx-graph'
import { unetSizes } from '@fewstep/pipelines'
import type { Folder } from '@fewstep/runtime'
import type { UnetShares } from '../plan/planned.ts'

/** What the parts of a folder's U-Net cost; `undefined` where its graph does not tell. */
export async function sharesOf(folder: Folder, graph?: ModelProto): Promise<UnetShares | undefined> {
  const unet = graph ?? readModel(await folder.read('unet/model.onnx'))
  try {
    const { total, shallow, cross, self } = unetCosts(unet, await unetSizes(folder, unet))
    return { total, cross, self, shallow: Object.fromEntries(shallow.map(({ branch, share }) => [branch, share])) }
  } catch (error) {
    if (error instanceof GraphError) return undefined
    throw error
  }
}
