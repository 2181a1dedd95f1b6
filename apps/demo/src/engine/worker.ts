/** The worker that generates images: the pipeline runs here, so that the page's thread stays free. */
import { picked, webRuntime, website } from '@fewstep/runtime-web'
import { count, sentence } from '../words.ts'
import { embeddedFolder } from './embedded.ts'
import { loading } from './loading.ts'
import type { Ask } from './messages.ts'
import { inPlainWords } from './plain-words.ts'
import { serve } from './serve.ts'
import { studio } from './studio.ts'

const answer = serve(
  studio({
    async runtime(device, note) {
      const runtime = await webRuntime({ device })
      const { threads, reason, hints } = runtime
      const place = runtime.device === 'wasm' ? `WebAssembly on ${count(threads, 'thread')}` : 'WebGPU'
      note(sentence(`${place}: ${reason}`))
      // The hints say which headers a host must send; the page asks for a reload instead.
      if (self.crossOriginIsolated) for (const hint of hints) note(sentence(hint))
      return runtime
    },
    folder(source, { signal, tell, note }) {
      const options = { signal, onNote: (words: string) => note(sentence(words)) }
      switch (source.kind) {
        case 'embedded':
          return embeddedFolder(source.url, { ...options, tell })
        case 'url':
          return website(source.url, { ...options, onProgress: loading(tell) })
        case 'files':
          return picked(
            source.files.map(({ path, file }) => Object.defineProperty(file, 'webkitRelativePath', { value: path })),
          )
      }
    },
    explain: (error, source) =>
      inPlainWords(error, source, {
        origin: self.location.origin,
        online: navigator.onLine,
        fetch: (url, options) => fetch(url, options),
      }),
  }),
  message => self.postMessage(message),
)

self.onmessage = ({ data }: MessageEvent<Ask>) => answer(data)
