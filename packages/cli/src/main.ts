#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { argv } from 'node:process'

// Before all other imports: this saves 0.2 s of compilation from the second start on.
enableCompileCache()
const { runProgram } = await import('./program.ts')
await runProgram(argv)
