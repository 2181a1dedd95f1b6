/** The worker of `webgpu`. */
import * as ort from 'onnxruntime-web/webgpu'
import { serve } from './serve.ts'

serve(ort)
