/** The worker of `wasm`: its build of the library is half as large as the one with WebGPU, and quicker to start. */
import * as ort from 'onnxruntime-web/wasm'
import { serve } from './serve.ts'

serve(ort)
