// Of workers; TypeScript's library for pages lacks it.
declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer
}

/**
 * The bytes of `blob` for the one use that onnxruntime-web makes of a file of weights: its length, and `subarray` for each
 * weight, which is copied at once. A part is read when it is asked for, so that the file is never in memory as a whole beside
 * the copy. Only in a worker, since the reader waits.
 */
export function bytesOnDemand(blob: Blob): Uint8Array {
  const reader = new FileReaderSync()
  return Object.defineProperties(new Uint8Array(), {
    byteLength: { value: blob.size },
    length: { value: blob.size },
    subarray: {
      value: (begin: number, end: number) => new Uint8Array(reader.readAsArrayBuffer(blob.slice(begin, end))),
    },
  })
}
