import { deepEqual, equal, ok } from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readModel } from '@fewstep/onnx-graph'
import { type TextToImage, textToImage } from '@fewstep/pipelines'
import type { Usage } from '@fewstep/runtime'
import { type Case, conformance } from '@fewstep/runtime/conformance'
import { nodeRuntime } from '@fewstep/runtime-node'
import { subject } from '../../packages/runtime-node/test/support/subject.ts'
import { tinyFolder, tinyUnet } from './tiny-folder.ts'

/** The conformance suite on webgpu, and a whole picture there. SwiftShader has no float16 arithmetic. */
export function webgpuCases(): readonly Case[] {
  return [
    ...conformance({ ...subject({ device: 'webgpu' }), float16: false }),
    { name: 'a picture: the same as on cpu, on the device from the first step to the last', run: aPicture },
  ]
}

const request = { seed: 3, guidance: 4, width: 8, height: 8 }

async function aPicture(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fewstep-profile-'))
  let evaluations = 0
  const runtime = nodeRuntime({ device: 'webgpu', profile: join(folder, 'profile') })
  try {
    const pipe = await textToImage(tinyFolder(), { runtime })
    const draw = async (steps: number, latents = false) => {
      const before = await runtime.usage()
      const [image] = await pipe.generate('a star', { ...request, steps, latents })
      const after = await runtime.usage()
      const copied = (kind: 'uploads' | 'downloads'): number => after[kind] - before[kind]
      return { image: image!, uploads: copied('uploads'), downloads: copied('downloads'), values: after.values }
    }
    const three = await draw(3)
    const again = await draw(3, true)
    const five = await draw(5)
    evaluations = three.image.evaluations + again.image.evaluations + five.image.evaluations
    // The picture, and the latents where they are asked for.
    deepEqual([three.downloads, again.downloads, five.downloads], [1, 2, 1], 'downloads')
    // A step after the first sends its timestep and the weights of two sums, and no latents.
    equal(five.uploads - three.uploads, 2 * 3, 'uploads of two more steps')
    equal(five.values, 0, 'values left on the device')
    await pipe.dispose()
    deepEqual(open(await runtime.usage()), { sessions: 0, values: 0 }, 'what is open afterwards')

    const host = await onCpu(pipe => pipe.generate('a star', { ...request, steps: 3, latents: true }))
    const latents = host[0]!.latents!.data as Float32Array
    const off = latents.map((value, i) => Math.abs(value - Number(again.image.latents!.data[i])))
    const largest = latents.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    ok(largest > 0.1 && Math.max(...off) < 1e-4 * largest, `latents off by ${Math.max(...off)} of ${largest}`)
  } finally {
    await runtime.dispose()
  }
  try {
    checkProfile(folder, evaluations)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function onCpu<R>(use: (pipe: TextToImage) => Promise<R>): Promise<R> {
  const runtime = nodeRuntime({ threads: 1 })
  try {
    return await use(await textToImage(tinyFolder(), { runtime }))
  } finally {
    await runtime.dispose()
  }
}

function open({ sessions, values }: Usage): Partial<Usage> {
  return { sessions, values }
}

type Event = { readonly cat: string; readonly args?: { op_name?: string; provider?: string } }

/** Every convolution and matrix product of the U-Net, which is the only graph with any, ran there at every evaluation. */
function checkProfile(folder: string, evaluations: number): void {
  const { node } = readModel(readFileSync(tinyUnet)).graph!
  const events = globSync(join(folder, '*.json')).flatMap(path => JSON.parse(readFileSync(path, 'utf8')) as Event[])
  // ONNX Runtime makes a Gemm of a MatMul with the addition after it.
  for (const operators of [['Conv'], ['MatMul', 'Gemm']]) {
    const nodes = node.filter(({ opType }) => operators.includes(opType))
    ok(nodes.length > 20, `the U-Net has ${nodes.length} ${operators}`)
    const ran = events.filter(({ cat, args }) => cat === 'Node' && operators.includes(args?.op_name ?? ''))
    deepEqual([...new Set(ran.map(({ args }) => args?.provider))], ['WebGpuExecutionProvider'], String(operators))
    equal(ran.length, nodes.length * evaluations, `how often a ${operators} ran`)
  }
}
