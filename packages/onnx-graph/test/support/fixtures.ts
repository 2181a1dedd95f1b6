import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import * as ort from 'onnxruntime-node'
import { type ModelProto, readModel } from '../../src/index.ts'
import { type Feeds, random } from './network.ts'

/** A U-Net written by a real exporter (`fixtures/make.py`), and its expected structure. */
export type Fixture = {
  readonly name: string
  readonly skips: number
  readonly attention: number
  readonly cross: boolean
  /** How far the output with a reused value may differ from that of the original model. */
  readonly tolerance: number
  /**
   * The same if ONNX Runtime fuses nothing; 0 by default. On a CPU it computes neighbouring float16 nodes in float32 and rounds
   * the values that leave them, so each cut adds a rounding to float16.
   */
  readonly unfused?: number
  /** Whether ONNX Runtime's CPU provider has all of its operators. */
  readonly runs: boolean
  /** Whether it has so many nodes that opening it takes long. */
  readonly slow?: boolean
}

export const fixtures: readonly Fixture[] = [
  { name: 'sd15-torchscript', skips: 12, attention: 16, cross: true, tolerance: 0, runs: true },
  { name: 'sd15-dynamo', skips: 12, attention: 16, cross: true, tolerance: 1e-6, runs: true },
  {
    name: 'sd15-float16',
    skips: 12,
    attention: 16,
    cross: true,
    tolerance: 0.01,
    unfused: 0.01,
    runs: true,
    slow: true,
  },
  { name: 'sd15-qdq', skips: 12, attention: 16, cross: true, tolerance: 0, runs: true, slow: true },
  { name: 'sd15-fused-attention', skips: 12, attention: 16, cross: true, tolerance: 0, runs: true },
  { name: 'sd15-fused-all-float16', skips: 12, attention: 16, cross: true, tolerance: 0, runs: false },
  { name: 'sd21-torchscript', skips: 12, attention: 16, cross: true, tolerance: 0, runs: true, slow: true },
  { name: 'sd21-dynamo', skips: 12, attention: 16, cross: true, tolerance: 1e-6, runs: true },
  { name: 'sdxl-torchscript', skips: 9, attention: 70, cross: true, tolerance: 0, runs: true, slow: true },
  { name: 'sdxl-dynamo', skips: 9, attention: 70, cross: true, tolerance: 1e-6, runs: true, slow: true },
  { name: 'ddpm-torchscript', skips: 12, attention: 6, cross: false, tolerance: 0, runs: true },
  { name: 'ddpm-dynamo', skips: 12, attention: 6, cross: false, tolerance: 1e-6, runs: true },
]

export function fixture(name: string): ModelProto {
  const path = new URL(`../fixtures/${name}.onnx.gz`, import.meta.url)
  return readModel(new Uint8Array(gunzipSync(readFileSync(path))))
}

/** Random feeds with the types and sizes that a fixture takes. */
export function feedsOf(model: ModelProto, { batch = 2, height = 16, width = 24 } = {}): Feeds {
  const sizes = [batch, 0, height, width]
  return Object.fromEntries(
    model.graph!.input.map(({ name, type }, seed) => {
      const { elemType, shape } = type!.value.value as Extract<
        NonNullable<typeof type>['value'],
        { case: 'tensorType' }
      >['value']
      if (name === 'timestep') {
        return [
          name,
          elemType === 7 ? new ort.Tensor('int64', [500n], []) : random(3, [], elemType === 10 ? 'float16' : 'float32'),
        ]
      }
      const dims = shape!.dim.map(({ value }, axis) =>
        value.case === 'dimValue'
          ? Number(value.value)
          : name === 'encoder_hidden_states' && axis === 1
            ? 7
            : sizes[axis]!,
      )
      return [name, random(seed + 1, dims, elemType === 10 ? 'float16' : 'float32')]
    }),
  )
}
