import type { Folder } from '@fewstep/runtime'
import { beside } from './beside.ts'
import { RuntimeWebError } from './runtime-web-error.ts'

/** The handle of a folder, from `showDirectoryPicker()` or dropped on the page: the members that are used here. */
export type PickedDirectory = {
  readonly name: string
  getDirectoryHandle(name: string): Promise<PickedDirectory>
  getFileHandle(name: string): Promise<{ getFile(): Promise<File> }>
}

/**
 * A folder that the user has picked: the files of an `<input type="file" webkitdirectory>`, or a directory handle. Files are
 * read when they are needed, and not stored.
 *
 * @throws RuntimeWebError, also from every method, for a file that does not exist or cannot be read
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
          `the folder ${name}: ${path} cannot be read (${(error as Error).message}); it may have changed since it was picked: pick the folder again`,
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

/** In browsers, each file's path starts with the name of the picked folder. */
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
