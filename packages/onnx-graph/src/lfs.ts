const start = new TextEncoder().encode('version https://git-lfs.github.com/spec/')

/**
 * Whether bytes are a Git LFS pointer: the few lines of text that replace a large file in a repository until `git lfs pull`
 * fetches it. The first 64 bytes of a file are enough.
 */
export function isLfsPointer(bytes: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, i) => bytes[i] === byte)
}

/** The end of an error message about a Git LFS pointer, after the name of the file. */
export const lfsRemedy = 'is a Git LFS pointer, not the file itself: run "git lfs pull" in its repository'
