import { env } from 'node:process'
import { defineConfig } from 'vitest/config'

const source = '@fewstep/source'

export default defineConfig({
  resolve: { conditions: [source] },
  ssr: { resolve: { conditions: [source, 'node', 'import', 'default'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    execArgv: [`--conditions=${source}`],
    reporters: env.FEWSTEP_TEST_REPORT ? ['default', ['json', { outputFile: env.FEWSTEP_TEST_REPORT }]] : ['default'],
  },
})
