import { stdout } from 'node:process'
import { cacherCatalogue } from '@fewstep/cachers/catalogue'
import { scheduleNames, solverNames } from '@fewstep/sampler/diffusers'
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
      stdout.write(`${table(rows())}\n`)
    })
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
  const notes = [range, usual === undefined || usual === '' ? '' : `${usual} where absent`]
  const said = notes.filter(note => note !== '').join('; ')
  return said === '' ? help : `${help} (${said})`
}
