/** The worker that draws: the whole pipeline is here, so that the page's own thread is free. */
import { picked, webRuntime, website } from '@fewstep/runtime-web'
import { count, sentence } from '../words.ts'
import { loading } from './loading.ts'
import type { Ask } from './messages.ts'
import { serve } from './serve.ts'
import { studio } from './studio.ts'

const answer = serve(
  studio({
    async runtime(device, note) {
      const runtime = await webRuntime({ device })
      const { threads, reason, hints } = runtime
      const place = runtime.device === 'wasm' ? `WebAssembly on ${count(threads, 'thread')}` : 'WebGPU'
      note(sentence(`${place}: ${reason}`))
      for (const hint of hints) note(sentence(hint))
      return runtime
    },
    folder(source, { signal, tell, note }) {
      const options = { signal, onProgress: loading(tell), onNote: (words: string) => note(sentence(words)) }
      switch (source.kind) {
        case 'embedded': {
          const folder = website(source.url, { ...options, hashes: 'SHA256SUMS' })
          return { ...folder, name: 'The emoji model of this page' }
        }
        case 'url':
          return website(source.url, options)
        case 'files':
          return picked(
            source.files.map(({ path, file }) => Object.defineProperty(file, 'webkitRelativePath', { value: path })),
          )
      }
    },
  }),
  message => self.postMessage(message),
)

self.onmessage = ({ data }: MessageEvent<Ask>) => answer(data)
