import { join } from 'node:path'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { model } from '@fewstep/model-emoji'
import { clipTokenizer, type GenerateOptions, textToImage } from '@fewstep/pipelines'
import type { Runtime, Value, ValueOps } from '@fewstep/runtime'
import { directory } from '@fewstep/runtime-node'
import { type Seed, torchGenerator } from '@fewstep/tensor'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { median } from './results.ts'

const rounds = 15

/**
 * The share of an image's time that goes into anything but the model, and its parts. An evaluation counts as long as the library
 * itself takes for it in this thread; the rest of it is messages. `processor` is this thread's processor time for an image, which
 * other programs do not lengthen.
 */
export async function outsideTheNetwork(runtime: Runtime, request: GenerateOptions, prompt: string) {
  const clock = stopwatch()
  const timed = timing(runtime, clock)
  const pipe = await textToImage(directory(model), { runtime: timed })
  const generator = (seed: Seed) => {
    const random = torchGenerator(seed)
    return { ...random, normal: (count: number) => clock.sync('random numbers', () => random.normal(count)) }
  }
  const images: Record<string, number>[] = []
  const processor: number[] = []
  for (let round = 0; round < rounds; round++) {
    clock.reset()
    const [began, used] = [performance.now(), process.threadCpuUsage()]
    await pipe.generate(prompt, { ...request, generator })
    images.push({ ...clock.read(), whole: performance.now() - began })
    const { user, system } = process.threadCpuUsage(used)
    processor.push((user + system) / 1000)
  }
  await pipe.dispose()
  const of = (name: string): number => median(images.slice(3).map(image => image[name] ?? 0))
  const whole = of('whole')
  const calls = of('calls')
  const messages = await callOverhead(runtime)
  const tokens = await tokenizing(prompt)
  const known = ['sums', 'batches', 'random numbers'].map(name => ({ name, milliseconds: of(name) }))
  const inMain = whole - of('graphs')
  const named = [...known, { name: 'tokenizer', milliseconds: tokens }]
  const rest = inMain - named.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  const parts = [
    { name: 'messages to the worker', milliseconds: messages * calls },
    ...named,
    { name: 'loop, plan and pixels', milliseconds: rest },
  ]
  const share = (inMain + messages * calls) / whole
  return { milliseconds: whole, share, parts, processor: median(processor.slice(3)) }
}

function stopwatch() {
  let spent: Record<string, number> = {}
  const add = (name: string, began: number): void => {
    spent[name] = (spent[name] ?? 0) + performance.now() - began
  }
  return {
    reset: () => {
      spent = {}
    },
    read: () => spent,
    count: (name: string) => {
      spent[name] = (spent[name] ?? 0) + 1
    },
    sync<R>(name: string, work: () => R): R {
      const began = performance.now()
      try {
        return work()
      } finally {
        add(name, began)
      }
    },
    async async<R>(name: string, work: () => Promise<R>): Promise<R> {
      const began = performance.now()
      try {
        return await work()
      } finally {
        add(name, began)
      }
    },
  }
}

function timing(runtime: Runtime, clock: ReturnType<typeof stopwatch>): Runtime {
  const { ops } = runtime
  const timedOps: ValueOps = {
    ...ops,
    combine: terms => clock.sync('sums', () => ops.combine(terms)),
    concat: values => clock.sync('batches', () => ops.concat(values)),
    split: (value, parts) => clock.sync('batches', () => ops.split(value, parts)),
  }
  return {
    ...runtime,
    ops: timedOps,
    async open(...args) {
      const session = await runtime.open(...args)
      const run: typeof session.run = (...call) => {
        clock.count('calls')
        return clock.async('graphs', () => session.run(...call))
      }
      return { ...session, run }
    },
  }
}

/** Milliseconds that one evaluation takes longer than in the library itself, of the evaluations that nothing else delayed. */
async function callOverhead(runtime: Runtime): Promise<number> {
  const path = join(fileURLToPath(model), 'unet/model.onnx')
  const ours = await runtime.open({ path })
  const theirs = await InferenceSession.create(path, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    // As in the runtime: threads that keep spinning after a run would slow down the other session.
    extra: { session: { force_spinning_stop: '1' } },
  })
  const random = torchGenerator(7)
  const [x, states] = [random.normal(2 * 4 * 16 * 16), random.normal(2 * 32 * 192)]
  const feeds: Record<string, Value> = {
    sample: { type: 'float32', shape: [2, 4, 16, 16], data: x },
    timestep: { type: 'int64', shape: [], data: BigInt64Array.of(500n) },
    encoder_hidden_states: { type: 'float32', shape: [2, 32, 192], data: states },
  }
  const tensors = {
    sample: new Tensor('float32', x, [2, 4, 16, 16]),
    timestep: new Tensor('int64', BigInt64Array.of(500n), []),
    encoder_hidden_states: new Tensor('float32', states, [2, 32, 192]),
  }
  const took = async (work: () => Promise<unknown>): Promise<number> => {
    const began = performance.now()
    await work()
    return performance.now() - began
  }
  const [own, library]: [number[], number[]] = [[], []]
  for (let block = 0; block < 6; block++) {
    // In blocks, with a pause: after a run, the threads of a graph spin for a while and slow down the other.
    await setTimeout(300)
    for (let i = 0; i < 20; i++) {
      if (block % 2 === 0) own.push(await took(() => ours.run(feeds)))
      else library.push(await took(() => theirs.run(tensors)))
    }
  }
  await ours.dispose()
  await theirs.release()
  return Math.max(fastQuarter(own) - fastQuarter(library), 0)
}

function fastQuarter(times: readonly number[]): number {
  return median([...times].sort((a, b) => a - b).slice(0, times.length / 4))
}

async function tokenizing(prompt: string): Promise<number> {
  const tokenizer = await clipTokenizer(directory(model))
  const times = Array.from({ length: 20 }, () => {
    const began = performance.now()
    tokenizer.encode('')
    tokenizer.encode(prompt)
    return performance.now() - began
  })
  return median(times)
}
