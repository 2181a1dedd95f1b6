// Exists in workers; TypeScript's types for pages do not have it.
declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer
}

/**
 * The bytes of `blob`, read on demand. onnxruntime-web uses a file of weights in one way only: it takes its length, and a
 * `subarray` for each weight, which it copies at once. Reading each `subarray` when it is requested keeps the file from being
 * in memory as a whole next to the copy. Works only in a worker, because the reader is synchronous.
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
