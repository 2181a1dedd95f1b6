/** The thread that holds onnxruntime-node, whose `run` blocks the event loop of the thread that it is called in. */
import { parentPort } from 'node:worker_threads'
import type { Elements, ElementType, HostValue, Port, Usage } from '@fewstep/runtime'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Opened, Request } from './messages.ts'

// The library would wrap float16 elements in a Float16Array where there is one, which its native part does not know.
Reflect.deleteProperty(globalThis, 'Float16Array')

const sessions = new Map<number, InferenceSession>()
let opened = 0

async function answer(request: Request): Promise<unknown> {
  switch (request.kind) {
    case 'open': {
      const { model, device, threads } = request
      const options: InferenceSession.SessionOptions = {
        executionProviders: [device],
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
        ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      }
      const session =
        'path' in model
          ? await InferenceSession.create(model.path, options)
          : await InferenceSession.create(model.bytes, {
              ...options,
              ...(model.external === undefined
                ? {}
                : { externalData: [...model.external].map(([path, data]) => ({ path, data })) }),
            })
      sessions.set(++opened, session)
      return {
        session: opened,
        inputs: session.inputMetadata.map(port),
        outputs: session.outputMetadata.map(port),
      } satisfies Opened
    }
    case 'run': {
      const session = sessions.get(request.session)!
      const feeds = Object.fromEntries(
        Object.entries(request.feeds).map(([name, { type, data, shape }]) => [
          name,
          new Tensor(type as 'float32', data as Float32Array, shape),
        ]),
      )
      const results = await session.run(feeds)
      return Object.fromEntries(
        Object.entries(results).map(([name, { type, data, dims }]): [string, HostValue] => [
          name,
          { type: type as ElementType, shape: dims, data: data as Elements },
        ]),
      )
    }
    case 'close': {
      await sessions.get(request.session)?.release()
      sessions.delete(request.session)
      return undefined
    }
    case 'usage':
      return { sessions: sessions.size, values: 0, reads: 0 } satisfies Usage
  }
}

function port(meta: InferenceSession.ValueMetadata): Port {
  if (!meta.isTensor) return { name: meta.name, type: 'float32', shape: [] }
  return { name: meta.name, type: meta.type as ElementType, shape: meta.shape }
}

// One request after the other: sessions share their threads, and an answer belongs to its question.
let queue: Promise<unknown> = Promise.resolve()
parentPort!.on('message', ({ id, request }: { readonly id: number; readonly request: Request }) => {
  queue = queue.then(async () => {
    try {
      const result = await answer(request)
      const buffers =
        request.kind === 'run'
          ? Object.values(result as Record<string, HostValue>).map(({ data }) => data.buffer as ArrayBuffer)
          : []
      parentPort!.postMessage({ id, result }, buffers)
    } catch (error) {
      parentPort!.postMessage({ id, error: error instanceof Error ? error.message : String(error) })
    }
  })
})
