import { readFileSync } from 'node:fs'
import { exit, stderr } from 'node:process'
import { Command, CommanderError } from 'commander'
import { cutCommand } from './cut.ts'
import { exitCodeOf } from './exit-code.ts'
import { foldCommand } from './fold.ts'
import { generateCommand } from './generate-command.ts'
import { inspectCommand } from './inspect.ts'
import { cachesCommand, schedulesCommand, solversCommand } from './list-commands.ts'

/** Runs the command line, and ends the process with an exit code where it fails. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  const program = new Command('fewstep')
    .description('Text to image from the command line, in fewer and cheaper model evaluations.')
    .version(versionOf(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this')
    .helpCommand(false)
    .addCommand(generateCommand())
    .addCommand(solversCommand())
    .addCommand(schedulesCommand())
    .addCommand(cachesCommand())
    .addCommand(cutCommand())
    .addCommand(foldCommand())
    .addCommand(inspectCommand())
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      // commander puts its suggestions on a second line; an error here is one line.
      .configureOutput({ outputError: (text, write) => write(`${text.trim().replace(/\s*\n\s*/g, ' ')}\n`) })
  }
  try {
    await program.parseAsync(argv)
  } catch (error) {
    // commander has already printed its message.
    if (error instanceof CommanderError) exit(error.exitCode === 0 ? 0 : 2)
    const code = exitCodeOf(error)
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    stderr.write(code === 130 ? 'interrupted\n' : `error: ${line}\n`)
    exit(code)
  }
}

function versionOf(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}
