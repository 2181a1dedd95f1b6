import { deepEqual, equal, ok } from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Cacher,
  deepCache,
  firstBlock,
  freeU,
  guidanceInterval,
  guidanceReuse,
  taylorSeer,
  tGate,
} from '@fewstep/cachers'
import { readModel } from '@fewstep/onnx-graph'
import { type TextToImage, textToImage } from '@fewstep/pipelines'
import type { Runtime, Usage } from '@fewstep/runtime'
import { type Case, conformance } from '@fewstep/runtime/conformance'
import { nodeRuntime } from '@fewstep/runtime-node'
import { chooseRecipe } from '@fewstep/sampler/diffusers'
import { subject } from '../../packages/runtime-node/test/support/subject.ts'
import { tinyFolder, tinyUnet } from './tiny-folder.ts'

/** The conformance suite on webgpu, and a whole image there. SwiftShader has no float16 arithmetic. */
export function webgpuCases(): readonly Case[] {
  return [
    ...conformance({ ...subject({ device: 'webgpu' }), float16: false }),
    { name: 'an image: the same as on cpu, on the device from the first step to the last', run: anImage },
    ...cached.map(([name, cachers, reads]) => ({
      name: `${name}: kept values stay on the device, and the image is that of cpu`,
      run: () => underCaches(cachers, reads),
    })),
  ]
}

/** Caches, and how many numbers a run of five evaluations reads from the device to decide. */
const cached: readonly (readonly [name: string, cachers: readonly Cacher[], reads: number])[] = [
  ['DeepCache in two graphs', [deepCache({ interval: 2, branch: 1 })], 0],
  [
    'DeepCache in one graph, T-GATE in both versions and FreeU',
    [
      deepCache({ interval: 2, branch: 1, graphs: 1 }),
      tGate({ gate: 3, selfAttention: { interval: 2, warmUp: 1 } }),
      freeU({ s1: 0.8 }),
    ],
    0,
  ],
  [
    'guidance reused and on an interval, and forecasts',
    [guidanceReuse({ interval: 2 }), guidanceInterval({ to: 0.8 }), taylorSeer({ interval: 2, warmUp: 3 })],
    0,
  ],
  ['the first-block cache', [firstBlock({ threshold: 1e9, maximum: 1 })], 5],
]

async function underCaches(cachers: readonly Cacher[], reads: number): Promise<void> {
  const runtime = nodeRuntime({ device: 'webgpu' })
  const largest: number[] = []
  const watched: Runtime = {
    ...runtime,
    async open(...args) {
      const session = await runtime.open(...args)
      const unet = session.inputs.some(({ name }) => name === 'timestep')
      const run: typeof session.run = (feeds, options) => {
        const sent = Object.values(feeds).flatMap(({ data }) => (data === undefined ? [] : [data.length]))
        if (unet) largest.push(Math.max(...sent))
        return session.run(feeds, options)
      }
      return { ...session, run }
    },
  }
  const recipe = chooseRecipe({ _class_name: 'DDIMScheduler', beta_schedule: 'scaled_linear', clip_sample: false })
  const asked = { ...request, steps: 5, recipe, cachers, latents: true }
  try {
    const pipe = await textToImage(tinyFolder(), { runtime: watched, cachers })
    const before = await runtime.usage()
    const [image] = await pipe.generate('a star', asked)
    const after = await runtime.usage()
    equal(after.downloads - before.downloads, 2 + reads, 'downloads: the latents, the image, and what decides')
    equal(after.values, 0, 'values left on the device')
    // The first evaluation, of two graphs where one decides, gets its latents from the host. The later ones get timesteps, switches,
    // and inputs of switches that are off.
    const latents = 4 * request.width * request.height
    const later = largest.slice(reads === 0 ? 1 : 2)
    ok(later.length > 2 && Math.max(...later) < latents / 2, `elements sent for each graph: ${largest}`)
    await pipe.dispose()
    const [host] = await onCpu(pipe => pipe.generate('a star', asked))
    closeTo(image!.latents!.data as Float32Array, host!.latents!.data as Float32Array)
    equal(image!.shallow, host!.shallow)
  } finally {
    await runtime.dispose()
  }
}

function closeTo(ours: Float32Array, theirs: Float32Array): void {
  const off = theirs.map((value, i) => Math.abs(value - ours[i]!))
  const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  ok(largest > 0.1 && Math.max(...off) < 1e-4 * largest, `latents off by ${Math.max(...off)} of ${largest}`)
}

const request = { seed: 3, guidance: 4, width: 8, height: 8 }

async function anImage(): Promise<void> {
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
    // The image, and the latents where they are asked for.
    deepEqual([three.downloads, again.downloads, five.downloads], [1, 2, 1], 'downloads')
    // A step after the first sends its timestep and the weights of two sums, and no latents.
    equal(five.uploads - three.uploads, 2 * 3, 'uploads of two more steps')
    equal(five.values, 0, 'values left on the device')
    await pipe.dispose()
    deepEqual(open(await runtime.usage()), { sessions: 0, values: 0 }, 'what is open afterwards')

    const host = await onCpu(pipe => pipe.generate('a star', { ...request, steps: 3, latents: true }))
    closeTo(again.image.latents!.data as Float32Array, host[0]!.latents!.data as Float32Array)
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
