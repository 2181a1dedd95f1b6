import { stdout } from 'node:process'
import { cacherCatalogue } from '@fewstep/cachers/catalogue'
import { scheduleNames, solverNames } from '@fewstep/sampler/diffusers'
import { namesIn, type Program, programs } from '@fewstep/sampler/names'
import { type OptionSpec, scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { solverCatalogue } from '@fewstep/solvers/catalogue'
import { Command } from 'commander'

type Row = { readonly name: string; readonly help: string; readonly options: Readonly<Record<string, OptionSpec>> }

/** `fewstep solvers` */
export function solversCommand(): Command {
  return listCommand('solvers', 'ddim:eta=0.5', () =>
    solverCatalogue
      .filter(({ name }) => solverNames.includes(name))
      .map(({ calls, order, defaultOrder, stochastic, help, ...row }) => {
        const usual = defaultOrder === undefined ? '' : `, ${defaultOrder} by default`
        const evaluations = `${calls} ${calls === 1 ? 'evaluation' : 'evaluations'} a step`
        const noise = stochastic ? ', draws noise' : ''
        return { ...row, help: `${help} (order ${order}${usual}, ${evaluations}${noise})` }
      }),
  )
}

/** `fewstep schedules` */
export function schedulesCommand(): Command {
  return listCommand('schedules', 'karras:rho=7,sigmaMax=10', () =>
    scheduleCatalogue.filter(({ name }) => scheduleNames.includes(name)),
  )
}

/** `fewstep caches` */
export function cachesCommand(): Command {
  return listCommand('caches', 'deepcache:interval=3', () =>
    cacherCatalogue.map(({ rewrites, help, ...row }) => ({
      ...row,
      help: `${help}${rewrites ? ' (U-Nets only)' : ''}`,
    })),
  )
}

function listCommand(what: string, example: string, rows: () => readonly Row[]): Command {
  return new Command(what)
    .description(`List the ${what} and their options, written as in --${what.slice(0, -1)} ${example}.`)
    .helpOption('-h, --help', 'show this')
    .action(() => {
      stdout.write(
        `${table(rows())}\n${what === 'caches' ? '' : elsewhere(what === 'solvers' ? 'solver' : 'schedule')}`,
      )
    })
}

/** The names that other programs use. */
function elsewhere(kind: 'solver' | 'schedule'): string {
  const lines = (Object.keys(programs) as readonly Program[]).map(
    program => `${programs[program].title} (${program}:…): ${namesIn(kind, program).join(', ')}`,
  )
  const rule = `The names of other programs also work, with the noise levels and timesteps of that program. A name in the list above means
the entry above, in upper or lower case. To select a program, put its name first: --${kind} ${kind === 'solver' ? 'a1111:Euler' : 'comfyui:beta'}.`
  return `\n${rule}\n\n${lines.join('\n')}\n`
}

function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length)) + 2
  return rows
    .flatMap(({ name, help, options }) => [
      `${name.padEnd(width)}${help}`,
      ...Object.entries(options).map(([option, spec]) => `${' '.repeat(width)}  ${option}: ${describe(spec)}`),
    ])
    .join('\n')
}

function describe({ help, default: usual, choices, minimum, maximum }: OptionSpec): string {
  const range =
    choices !== undefined
      ? choices.join(', ')
      : minimum !== undefined && maximum !== undefined
        ? `${minimum} to ${maximum}`
        : ''
  const notes = [range, usual === undefined || usual === '' ? '' : `default: ${usual}`]
  const note = notes.filter(each => each !== '').join('; ')
  return note === '' ? help : `${help} (${note})`
}
