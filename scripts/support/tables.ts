import { cacherCatalogue } from '@fewstep/cachers/catalogue'
import { type OptionSpec, scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { adaptiveCatalogue, solverCatalogue } from '@fewstep/solvers/catalogue'

/** The files that have tables, with the name of each table and the function that makes it. */
export const tables: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'packages/solvers/README.md': { solvers },
  'docs/methods.md': { summary },
}

/**
 * A file's text with its tables made again: what stands between `<!-- table NAME -->` and `<!-- end -->`.
 *
 * @throws Error where a table has no place
 */
export function withTables(path: string, text: string): string {
  return Object.entries(tables[path] ?? {}).reduce((text, [name, make]) => {
    const place = new RegExp(`(<!-- table ${name} -->\\n)[\\s\\S]*?(<!-- end -->)`)
    if (!place.test(text)) throw new Error(`${path} has no place for the table ${name}`)
    return text.replace(place, (_, begin, end) => `${begin}${make()}\n${end}`)
  }, text)
}

function solvers(): string {
  const rows = solverCatalogue.map(row => {
    const { diffusers, kDiffusion, comfyUi, a1111 } = row.aliases
    const others = [diffusers, kDiffusion && `k: ${kDiffusion}`, comfyUi && `Comfy: ${comfyUi}`, a1111].filter(Boolean)
    return [
      `\`${row.name}\``,
      call(row.factory, row.options),
      String(row.order),
      String(row.defaultOrder ?? row.order),
      `${row.calls}${row.stochastic ? ', noise' : ''}`,
      others.join(', '),
      paper(row.paper),
    ]
  })
  const adaptive = adaptiveCatalogue.map(row => [
    `\`${row.name}\``,
    call(row.factory, row.options),
    String(row.order),
    String(row.order),
    'as many as it needs',
    '',
    paper(row.paper),
  ])
  return table(
    ['name', 'function', 'order', 'by default', 'evaluations a step', 'elsewhere', 'source'],
    [...rows, ...adaptive],
  )
}

function summary(): string {
  const names = (rows: readonly { readonly name: string }[]) => rows.map(({ name }) => `\`${name}\``).join(' ')
  return table(
    ['', ''],
    [
      ['solvers', names([...solverCatalogue, ...adaptiveCatalogue])],
      ['schedules', names(scheduleCatalogue)],
      ['caches', names(cacherCatalogue)],
    ],
  )
}

function call(factory: string, options: Readonly<Record<string, OptionSpec>>): string {
  // `start` is `fullStart` around the function's solver; SA-Solver has an option of that name, a number.
  const names = Object.keys(options).filter(name => !(name === 'start' && options[name]!.type === 'choice'))
  return names.length === 0 ? `\`${factory}()\`` : `\`${factory}({ ${names.join(', ')} })\``
}

function paper(source: string | undefined): string {
  return source?.replace(/^arXiv:/, 'arXiv ') ?? ''
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}
