import { type Cacher, cacherOf, checkUntimed, forecasting, timetable } from '@fewstep/cachers'
import type { Value, ValueOps } from '@fewstep/runtime'
import { denoiser } from '@fewstep/sampler'
import type { Recipe } from '@fewstep/sampler/diffusers'
import type { Denoise } from '@fewstep/solvers'
import type { StableDiffusion } from './model.ts'
import { onHost } from './on-host.ts'
import type { AdaptiveRoute, Route } from './route.ts'
import { unetNetwork } from './unet.ts'

/** The U-Net with its caches, for one request. */
export type CachedUnet = {
  /** The denoiser of a prompt. Dispose it before you create the next one. */
  denoiser(condition: Value, unconditional: Value | undefined): { readonly denoise: Denoise<Value>; dispose(): void }
  /** Model evaluations since the current image was started, and how many of them reused deep features. */
  calls(): { readonly all: number; readonly shallow: number }
  release(): Promise<void>
}

/** @throws ModelError where the U-Net has nothing that a cache can reuse, CacherError for caches that cannot be combined */
export async function cachedUnet(
  model: StableDiffusion,
  ops: ValueOps,
  options: {
    readonly route: Route | AdaptiveRoute
    readonly recipe: Recipe
    /** The scale of `guidanceOf`. */
    readonly scale: number
    readonly cachers: readonly Cacher[]
  },
): Promise<CachedUnet> {
  const { route, recipe, scale, cachers } = options
  if (!('plan' in route)) checkUntimed(cachers, route.solver.name)
  const cells = 'plan' in route ? timetable(route.plan, cachers, { guided: scale !== 1 }) : undefined
  const [forecast, adaptive] = [cacherOf(cachers, 'forecast'), cacherOf(cachers, 'adaptive-output')]
  const until = Math.max(0, ...cachers.map(cacher => (cacher.kind === 'guidance' ? (cacher.until ?? 0) : 0)))
  const measured = { ...ops, meanAbsolute: (value: Value) => meanAbsolute(value, ops) }
  const graphs = await model.unet(cachers)
  try {
    const unet = unetNetwork(graphs.value, ops, model.name, {
      timetable: cells,
      freeU: cacherOf(cachers, 'reweighting'),
      decides: cacherOf(cachers, 'deep-features')?.decides,
    })
    return {
      calls: unet.calls,
      denoiser(condition, unconditional) {
        const plain = denoiser(unet.network, {
          process: recipe.process,
          prediction: recipe.prediction,
          condition,
          ops: measured,
          ...(cells === undefined ? {} : { timetable: cells }),
          threshold: recipe.threshold && onHost(recipe.threshold, ops),
          ...(unconditional === undefined ? {} : { guidance: { scale, unconditional, until } }),
        })
        const wrapped =
          forecast === undefined ? adaptive?.wrap(plain, measured) : forecasting(forecast, cells!, plain, measured)
        return {
          denoise: wrapped?.denoise ?? plain,
          dispose() {
            wrapped?.dispose()
            plain.dispose()
          },
        }
      },
      async release() {
        unet.forget()
        await graphs.release()
      },
    }
  } catch (error) {
    await graphs.release()
    throw error
  }
}

/** `mean |value|`, read from the device. */
async function meanAbsolute(value: Value, ops: ValueOps): Promise<number> {
  const host = await ops.read(value)
  const data = host.data as Float32Array
  let total = 0
  for (let i = 0; i < data.length; i++) total += Math.abs(data[i]!)
  if (host !== value) ops.dispose(host)
  return total / data.length
}
