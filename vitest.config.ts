import { availableParallelism } from 'node:os'
import { env } from 'node:process'
import { defineConfig } from 'vitest/config'

const source = '@fewstep/source'

export default defineConfig({
  resolve: { conditions: [source] },
  ssr: { resolve: { conditions: [source, 'node', 'import', 'default'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    // By default one core is left free, which leaves one worker on a machine with two.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 120_000,
    execArgv: [`--conditions=${source}`],
    reporters: env.FEWSTEP_TEST_REPORT ? ['default', ['json', { outputFile: env.FEWSTEP_TEST_REPORT }]] : ['default'],
  },
})
