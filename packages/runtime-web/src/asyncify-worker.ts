/** The worker for `webgpu` in browsers where WebAssembly cannot wait for promises: the Asyncify build. */
import * as ort from 'onnxruntime-web/webgpu'
import { serve } from './serve.ts'

serve(ort, { brittle: true })
