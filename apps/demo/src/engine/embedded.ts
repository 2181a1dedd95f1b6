import type { Folder } from '@fewstep/runtime'
import { type WebsiteOptions, website } from '@fewstep/runtime-web'
import { loading, type Sizes } from './loading.ts'
import type { News } from './messages.ts'

/** The large files that are read before the first image. */
const graphs = ['text_encoder', 'unet', 'vae_decoder'].map(graph => `${graph}/model.onnx`)

/** The page's built-in model. Its build writes the hashes and sizes of its files, because compressed responses do not state the sizes. */
export async function embeddedFolder(
  url: string,
  { tell, ...options }: Pick<WebsiteOptions, 'signal' | 'onNote'> & { readonly tell: (news: News) => void },
): Promise<Folder> {
  const sizes = await sizesOf(new URL('sizes.json', url))
  const onProgress = loading(tell, sizes, graphs)
  const folder = website(url, { ...options, onProgress, hashes: 'SHA256SUMS' })
  /** Counts a file that the browser has stored: of those the website tells no progress. */
  const counted = async <T>(path: string, coming: Promise<T>): Promise<T> => {
    const file = await coming
    const size = sizes[path]
    if (size !== undefined) onProgress({ path, loaded: size, total: size })
    return file
  }
  return {
    ...folder,
    name: 'The built-in emoji model',
    read: path => counted(path, folder.read(path)),
    model: async path => counted(path, Promise.resolve(folder.model(path))),
  }
}

/** None where there is no such list, or no connection: progress then has no total. */
async function sizesOf(url: URL): Promise<Sizes> {
  try {
    const response = await fetch(url, { cache: 'no-cache' })
    return response.ok ? ((await response.json()) as Sizes) : {}
  } catch {
    return {}
  }
}
