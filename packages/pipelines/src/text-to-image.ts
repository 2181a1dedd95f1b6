import type { Elements, Folder, HostValue, Port, Runtime, Session, Value } from '@fewstep/runtime'
import { denoiser, type Network, sample } from '@fewstep/sampler'
import { fromDiffusersConfig, type Recipe } from '@fewstep/sampler/diffusers'
import type { Schedule } from '@fewstep/schedules'
import type { Solver, StepEvent } from '@fewstep/solvers'
import { type Generator, torchGenerator } from '@fewstep/tensor'
import { ModelError, readJson } from './folder.ts'
import { clipTokenizer } from './tokenizer.ts'

export type GenerateOptions = {
  readonly negativePrompt?: string | undefined
  /** What the schedule counts; 25 where absent. */
  readonly steps?: number | undefined
  /** Classifier-free guidance; 1 is none and costs half. 7.5 where absent. */
  readonly guidance?: number | undefined
  /** Image i of `count` has the seed `seed + i`, and is the image of that seed alone. */
  readonly seed?: number | undefined
  readonly count?: number | undefined
  readonly width?: number | undefined
  readonly height?: number | undefined
  /** What the scheduler configuration would decide; see `@fewstep/sampler/diffusers`. */
  readonly recipe?: Recipe | undefined
  readonly solver?: Solver | undefined
  readonly schedule?: Schedule | undefined
  /** Random numbers of a seed; torch's on a CPU where absent. */
  readonly generator?: ((seed: number) => Generator) | undefined
  readonly signal?: AbortSignal | undefined
  /** After every step of every image; its tensors are lent until it returns. */
  readonly onStep?: ((event: StepEvent<Value> & { readonly image: number }) => void | Promise<void>) | undefined
  /** Called when a prompt is longer than the text encoder reads. */
  readonly onWarning?: ((message: string) => void) | undefined
}

export type Image = {
  readonly width: number
  readonly height: number
  /** Rows of RGB, 8 bits each. */
  readonly data: Uint8ClampedArray
  readonly prompt: string
  readonly seed: number
  /** Network calls. */
  readonly evaluations: number
  /** The latents that the picture was decoded from. */
  readonly latents: HostValue
}

export type TextToImage = {
  /** The folder's own scheduler configuration. */
  readonly schedulerConfig: unknown
  /** @throws RequestError for settings that make no picture */
  generate(prompt: string | readonly string[], options?: GenerateOptions): Promise<readonly Image[]>
  /** Frees the graphs; the runtime stays. */
  dispose(): Promise<void>
}

/**
 * A Stable Diffusion folder in ONNX (SD 1.x layout, as optimum writes it) as a function from text to pictures.
 *
 * @throws ModelError where the folder lacks something, and the runtime's errors for unreadable graphs
 */
export async function textToImage(folder: Folder, { runtime }: { readonly runtime: Runtime }): Promise<TextToImage> {
  const schedulerConfig = await readJson(folder, 'scheduler/scheduler_config.json')
  const own = fromLazily(() => fromDiffusersConfig(schedulerConfig))
  const graphs = ['text_encoder', 'unet', 'vae_decoder'] as const
  for (const graph of graphs) {
    if (!(await folder.has(`${graph}/model.onnx`))) throw new ModelError(folder.name, `${graph}/model.onnx is missing`)
  }
  const tokenizer = await clipTokenizer(folder)
  const vae = (await folder.has('vae_decoder/config.json')) ? await readJson(folder, 'vae_decoder/config.json') : {}
  const scaling = typeof vae.scaling_factor === 'number' ? vae.scaling_factor : 0.18215
  const factor = 2 ** ((Array.isArray(vae.block_out_channels) ? vae.block_out_channels.length : 4) - 1)
  const unetConfig = (await folder.has('unet/config.json')) ? await readJson(folder, 'unet/config.json') : {}
  const side = typeof unetConfig.sample_size === 'number' ? unetConfig.sample_size * factor : 512
  const opened = await Promise.allSettled(
    graphs.map(async graph =>
      runtime.open(await folder.model(`${graph}/model.onnx`), { keep: graph === 'vae_decoder' ? [] : 'all' }),
    ),
  )
  const failed = opened.find(result => result.status === 'rejected')
  if (failed !== undefined) {
    await Promise.all(opened.map(result => (result.status === 'fulfilled' ? result.value.dispose() : undefined)))
    throw failed.reason
  }
  const [text, unet, decoder] = opened.map(result => (result as PromiseFulfilledResult<Session>).value) as [
    Session,
    Session,
    Session,
  ]
  const sampleInput = portOf(unet, 'sample', folder)
  const timestepInput = portOf(unet, 'timestep', folder)
  portOf(unet, 'encoder_hidden_states', folder)
  for (const port of [...unet.inputs, ...decoder.inputs]) {
    if (port.type === 'float16')
      throw new ModelError(
        folder.name,
        `${port.name} is float16, which is not supported yet; export with float32 inputs`,
      )
  }
  const channels = typeof sampleInput.shape[1] === 'number' ? sampleInput.shape[1] : 4
  const fixed = sampleInput.shape[0]
  const { ops } = runtime

  const encode = async (prompt: string, warn: (message: string) => void): Promise<Value> => {
    const { ids, cut } = tokenizer.encode(prompt)
    if (cut) warn(`the prompt is longer than the ${tokenizer.length} tokens that the model reads; its end was cut`)
    const port = text.inputs[0]!
    const data: Elements = port.type === 'int64' ? BigInt64Array.from(ids, BigInt) : Int32Array.from(ids)
    const feeds = { [port.name]: { type: port.type, shape: [1, ids.length], data } }
    return (await text.run(feeds))[text.outputs[0]!.name]!
  }

  /** One call for all conditions, or one for each where the graph was exported with a batch of 1. */
  const network: Network<Value, Value> = async ({ x, timestep, conditions, call }) => {
    const { signal } = call
    const ask = async (sampleValue: Value, states: Value): Promise<Value> => {
      const feeds = {
        sample: sampleValue,
        timestep: timestepValue(timestepInput, timestep, sampleValue.shape[0]!),
        encoder_hidden_states: states,
      }
      return (await unet.run(feeds, { signal }))[unet.outputs[0]!.name]!
    }
    const [first] = conditions
    if (conditions.length === 1) return [await ask(x, first!)]
    if (fixed === 1) {
      const outputs: Value[] = []
      for (const condition of conditions) outputs.push(await ask(x, condition))
      return outputs
    }
    const batch = await ops.concat(conditions.map(() => x))
    const states = await ops.concat(conditions)
    const output = await ask(batch, states)
    const outputs = await ops.split(output, conditions.length)
    for (const value of [batch, states, output]) ops.dispose(value)
    return outputs
  }

  return {
    schedulerConfig,
    async generate(prompt, options = {}) {
      const {
        negativePrompt = '',
        steps = 25,
        guidance = 7.5,
        seed = 0,
        count = 1,
        width = side,
        height = side,
      } = options
      const { signal, onStep, onWarning = () => {}, generator = torchGenerator } = options
      whole('steps', steps, 1)
      whole('seed', seed, Number.MIN_SAFE_INTEGER)
      whole('count', count, 1)
      for (const [name, size] of [
        ['width', width],
        ['height', height],
      ] as const) {
        whole(name, size, factor)
        if (size % factor !== 0) throw new RequestError(name, `a multiple of ${factor}`, size)
      }
      if (!Number.isFinite(guidance)) throw new RequestError('guidance', 'a finite number (1 is none)', guidance)
      const recipe = options.recipe ?? own()
      const levels = (options.schedule ?? recipe.schedule).levels(steps, recipe.process)
      const plan = (options.solver ?? recipe.solver).plan(levels, recipe.process)
      const unconditional = guidance === 1 ? undefined : await encode(negativePrompt, onWarning)
      const shape = [1, channels, height / factor, width / factor]
      const size = shape.reduce((a, b) => a * b, 1)
      const images: Image[] = []
      for (const words of typeof prompt === 'string' ? [prompt] : prompt) {
        const condition = await encode(words, onWarning)
        const denoise = denoiser(network, {
          process: recipe.process,
          prediction: recipe.prediction,
          condition,
          ops,
          ...(unconditional === undefined ? {} : { guidance: { scale: guidance, unconditional } }),
        })
        for (let i = 0; i < count; i++) {
          const random = generator(seed + i)
          const gaussian = (): Value => ({ type: 'float32', shape, data: random.normal(size) })
          const noise = gaussian()
          const scale = recipe.initialScale(levels)
          const x = scale === 1 ? noise : await ops.combine([[scale, noise]])
          let evaluations = 0
          const image = images.length
          const latents = await sample({
            plan,
            x,
            ops,
            denoise,
            noise: gaussian,
            signal,
            onStep: event => {
              evaluations = event.evaluations
              return onStep?.({ ...event, image })
            },
          })
          signal?.throwIfAborted()
          const scaled = scaling === 1 ? latents : await ops.combine([[1 / scaling, latents]])
          const { [decoder.outputs[0]!.name]: decoded } = await decoder.run(
            { [decoder.inputs[0]!.name]: scaled },
            { signal },
          )
          const host = await ops.read(latents)
          images.push({
            width,
            height,
            data: pixels(await ops.read(decoded!)),
            prompt: words,
            seed: seed + i,
            evaluations,
            latents: host,
          })
          // A value on the host is its own reading.
          if (latents !== host) ops.dispose(latents)
          if (scaled !== latents) ops.dispose(scaled)
          if (x !== noise) ops.dispose(x)
        }
      }
      return images
    },
    async dispose() {
      await Promise.all([text, unet, decoder].map(session => session.dispose()))
    },
  }
}

/** [1, 3, h, w] from −1 to 1 → rows of RGB. */
function pixels({ data, shape }: HostValue): Uint8ClampedArray {
  const plane = shape[2]! * shape[3]!
  const out = new Uint8ClampedArray(3 * plane)
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < plane; i++) {
      const value = Number(data[c * plane + i]!)
      if (Number.isNaN(value))
        throw new RequestError('picture', 'made of numbers; try another solver, schedule or guidance', value)
      out[3 * i + c] = (value / 2 + 0.5) * 255
    }
  }
  return out
}

function timestepValue(port: Port, timestep: number, batch: number): Value {
  const shape = port.shape.length === 0 ? [] : [port.shape[0] === 1 ? 1 : batch]
  const count = shape[0] ?? 1
  if (port.type === 'int64')
    return { type: 'int64', shape, data: new BigInt64Array(count).fill(BigInt(Math.trunc(timestep))) }
  return { type: 'float32', shape, data: new Float32Array(count).fill(timestep) }
}

function portOf(session: Session, name: string, folder: Folder): Port {
  const port = session.inputs.find(input => input.name === name)
  if (port !== undefined) return port
  throw new ModelError(
    folder.name,
    `unet has no input ${name}, only ${session.inputs.map(input => input.name).join(', ')}`,
  )
}

/** A configuration that cannot be honoured matters only to those who use it. */
function fromLazily<R>(make: () => R): () => R {
  let made: { readonly value: R } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function whole(name: string, value: number, minimum: number): void {
  if (!Number.isSafeInteger(value) || value < minimum)
    throw new RequestError(name, `a whole number of at least ${minimum}`, value)
}

export class RequestError extends Error {
  override readonly name = 'Pipelines.RequestError'
  constructor(setting: string, expected: string, got: number) {
    super(`${setting} must be ${expected}, got ${got}`)
  }
}
