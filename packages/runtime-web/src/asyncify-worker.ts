/** The worker of `webgpu` where WebAssembly cannot wait for promises: its build takes its stack apart instead. */
import * as ort from 'onnxruntime-web/webgpu'
import { serve } from './serve.ts'

serve(ort, { brittle: true })
