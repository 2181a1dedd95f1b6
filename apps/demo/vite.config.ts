import { defaultClientConditions, defineConfig } from 'vite'
import { isolation, servedModel, shell } from './build/plugins.ts'

export default defineConfig({
  // Works under any path of a site.
  base: './',
  resolve: { conditions: ['@fewstep/source', ...defaultClientConditions] },
  plugins: [servedModel(), shell()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  server: { headers: isolation },
  preview: { headers: isolation },
  build: {
    target: 'es2024',
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/service-worker.ts' },
      output: { entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
})
