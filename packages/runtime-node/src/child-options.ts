/** Node's options for finding modules and for permissions; true if a value follows the option. */
const passedOn: ReadonlyMap<string, boolean> = new Map([
  ['--conditions', true],
  ['-C', true],
  ['--import', true],
  ['--require', true],
  ['-r', true],
  ['--loader', true],
  ['--experimental-loader', true],
  ['--preserve-symlinks', false],
  ['--preserve-symlinks-main', false],
  ['--experimental-strip-types', false],
  ['--experimental-transform-types', false],
  ['--no-warnings', false],
  ['--permission', false],
  ['--experimental-permission', false],
  ['--allow-addons', false],
  ['--allow-child-process', false],
  ['--allow-worker', false],
  ['--allow-wasi', false],
  ['--allow-fs-read', true],
  ['--allow-fs-write', true],
])

/**
 * Those of this process's Node options that the library's process needs. The others would start a debugger on the same port, run
 * the command line's script, watch files or write a profile a second time.
 */
export function childOptions(options: readonly string[]): readonly string[] {
  return options.flatMap((argument, i) => {
    const name = argument.split('=', 1)[0]!
    const takesValue = passedOn.get(name)
    if (takesValue === undefined) return []
    const value = options[i + 1]
    return takesValue && name === argument && value !== undefined ? [argument, value] : [argument]
  })
}

/** This process's environment without the debugger's options. In Electron, it makes the binary run as Node. */
export function childEnvironment(env: NodeJS.ProcessEnv, versions: NodeJS.ProcessVersions): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, ...others } = env
  const options = NODE_OPTIONS?.split(/\s+/).filter(option => option !== '' && !option.startsWith('--inspect'))
  return {
    ...others,
    ...(options === undefined || options.length === 0 ? {} : { NODE_OPTIONS: options.join(' ') }),
    ...(versions.electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' }),
  }
}
