import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@fewstep/source'] },
  ssr: { resolve: { conditions: ['@fewstep/source', 'node', 'import', 'default'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
    execArgv: ['--conditions=@fewstep/source'],
  },
})
