#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { argv } from 'node:process'

// Before anything else is imported: from the second start on that saves 0.2 s of compiling.
enableCompileCache()
const { runProgram } = await import('./program.ts')
await runProgram(argv)
