const start = new TextEncoder().encode('version https://git-lfs.github.com/spec/')

/**
 * Whether bytes are a Git LFS pointer: the few lines of text that a repository has in the place of a large file until
 * `git lfs pull` fetches it. The first 64 bytes of a file are enough.
 */
export function isLfsPointer(bytes: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, i) => bytes[i] === byte)
}

/** What a Git LFS pointer is, and what to do; to follow the name of a file. */
export const lfsRemedy = 'is a Git LFS pointer, not the file itself: run "git lfs pull" in its repository'
