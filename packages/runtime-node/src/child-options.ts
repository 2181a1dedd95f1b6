/** Node's options that say how modules are found and what is permitted, by whether a value follows them. */
const kept: ReadonlyMap<string, boolean> = new Map([
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
 * Of the options that this process was started with, those that the process of the library needs. The others would start
 * a debugger on the same port, run a script of the command line, watch files or write a profile a second time.
 */
export function childOptions(given: readonly string[]): readonly string[] {
  return given.flatMap((argument, i) => {
    const name = argument.split('=', 1)[0]!
    const takesValue = kept.get(name)
    if (takesValue === undefined) return []
    const value = given[i + 1]
    return takesValue && name === argument && value !== undefined ? [argument, value] : [argument]
  })
}

/** This process's environment, without a debugger; Electron's binary is to run as Node. */
export function childEnvironment(env: NodeJS.ProcessEnv, versions: NodeJS.ProcessVersions): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, ...others } = env
  const options = NODE_OPTIONS?.split(/\s+/).filter(option => option !== '' && !option.startsWith('--inspect'))
  return {
    ...others,
    ...(options === undefined || options.length === 0 ? {} : { NODE_OPTIONS: options.join(' ') }),
    ...(versions.electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' }),
  }
}
