/** The worker for `webgpu` in browsers where WebAssembly can wait for promises (JSPI): a smaller build, which starts sooner. */
import * as ort from 'onnxruntime-web/jspi'
import { serve } from './serve.ts'

serve(ort, { streams: true })
