#!/usr/bin/env node
import { argv, exit, stderr } from 'node:process'
import { Command, CommanderError } from 'commander'
import { exitCodeOf } from './exit-code.ts'
import { generateCommand } from './generate.ts'

const program = new Command('fewstep')
  .description('Text to image from the command line, in fewer and cheaper network calls.')
  .addCommand(generateCommand())
  .exitOverride()
for (const command of program.commands) command.exitOverride()

try {
  await program.parseAsync(argv)
} catch (error) {
  // commander has already printed its own.
  if (error instanceof CommanderError) exit(error.exitCode === 0 ? 0 : 2)
  const code = exitCodeOf(error)
  stderr.write(
    code === 130
      ? 'interrupted\n'
      : `error: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}\n`,
  )
  exit(code)
}
