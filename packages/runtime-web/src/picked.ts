import type { Folder } from '@fewstep/runtime'
import { beside } from './beside.ts'
import { RuntimeWebError } from './runtime-web-error.ts'

/** What is used of the folder that `showDirectoryPicker()` gives, or that was dropped on the page. */
export type PickedDirectory = {
  readonly name: string
  getDirectoryHandle(name: string): Promise<PickedDirectory>
  getFileHandle(name: string): Promise<{ getFile(): Promise<File> }>
}

/**
 * A folder that the user has picked: the files of an `<input type="file" webkitdirectory>`, or a directory's handle. Nothing is
 * read before it is needed, and nothing is stored.
 *
 * @throws RuntimeWebError, from every method, for a file that is not there or may not be read
 */
export function picked(source: Iterable<File> | ArrayLike<File> | PickedDirectory): Folder {
  const { name, find } = 'getFileHandle' in source ? ofDirectory(source) : ofFiles(Array.from(source))
  const file = async (path: string): Promise<File> => {
    const found = await find(path)
    if (found !== undefined) return found
    throw new RuntimeWebError(`the folder ${name} has no ${path}`, 'model')
  }
  return {
    name,
    has: async path => (await find(path)) !== undefined,
    async read(path) {
      const found = await file(path)
      try {
        return new Uint8Array(await found.arrayBuffer())
      } catch (error) {
        throw new RuntimeWebError(
          `the folder ${name}: ${path} cannot be read (${(error as Error).message}); it may have changed since: pick the folder again`,
          'system',
        )
      }
    },
    async model(path) {
      return { blob: await file(path), external: location => file(beside(path, location)) }
    },
    weights: file,
  }
}

type Place = { readonly name: string; readonly find: (path: string) => Promise<File | undefined> }

/** Browsers give each file's path with the picked folder's own name before it. */
function ofFiles(files: readonly File[]): Place {
  if (files.length === 0) throw new RuntimeWebError('no files were picked; pick the folder of a model', 'input')
  const paths = files.map(file => (file.webkitRelativePath === '' ? `files/${file.name}` : file.webkitRelativePath))
  const [name] = paths[0]!.split('/')
  const byPath = new Map(files.map((file, i) => [paths[i]!.slice(paths[i]!.indexOf('/') + 1), file] as const))
  return { name: name!, find: async path => byPath.get(path) }
}

function ofDirectory(root: PickedDirectory): Place {
  return {
    name: root.name,
    async find(path) {
      const steps = path.split('/')
      const last = steps.pop()!
      try {
        let folder = root
        for (const step of steps) folder = await folder.getDirectoryHandle(step)
        return await (await folder.getFileHandle(last)).getFile()
      } catch (error) {
        const { name, message } = error as Error
        if (name === 'NotFoundError' || name === 'TypeMismatchError') return undefined
        throw new RuntimeWebError(
          `the folder ${root.name}: ${path} cannot be read (${message}); pick the folder again`,
          'system',
        )
      }
    },
  }
}
