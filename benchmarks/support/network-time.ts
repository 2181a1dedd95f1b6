import type { Runtime } from '@fewstep/runtime'

/** A runtime that adds up the time of the U-Net's runs: of all graphs with an input for the timestep. */
export function timedNetwork(runtime: Runtime): {
  readonly runtime: Runtime
  readonly network: { reset(): void; seconds(): number }
} {
  let spent = 0
  return {
    network: {
      reset() {
        spent = 0
      },
      seconds: () => spent / 1000,
    },
    runtime: {
      ...runtime,
      async open(...args) {
        const session = await runtime.open(...args)
        if (!session.inputs.some(({ name }) => name === 'timestep')) return session
        const run: typeof session.run = async (...call) => {
          const began = performance.now()
          try {
            return await session.run(...call)
          } finally {
            spent += performance.now() - began
          }
        }
        return { ...session, run }
      },
    },
  }
}
