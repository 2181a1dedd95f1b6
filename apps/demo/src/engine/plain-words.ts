import type { ModelSource } from './messages.ts'

/** What the browser knows; tests say it themselves. */
export type Surfing = {
  readonly origin: string
  readonly online: boolean
  fetch(url: string, options: RequestInit): Promise<unknown>
}

/**
 * Says an error of a library in words for a person who uses the page: not which option of the library to set, and no file
 * names that they have never seen. The error stays the same but for its message.
 */
export async function inPlainWords(
  error: unknown,
  source: ModelSource | undefined,
  surfing: Surfing,
): Promise<unknown> {
  if (!(error instanceof Error)) return error
  const words = await wordsOf(error.message, source, surfing)
  if (words !== undefined) error.message = words
  return error
}

async function wordsOf(
  message: string,
  source: ModelSource | undefined,
  surfing: Surfing,
): Promise<string | undefined> {
  if (/onnxruntime-web did not load|no available backend found|its script did not load/.test(message))
    return missingEngine
  if (/dynamically imported module|Importing a module script failed/i.test(message)) return missingPart
  if (source?.kind === 'url' && /cannot be reached/.test(message)) return unreachable(source.url, surfing)
  return undefined
}

const missingEngine =
  'The engine that runs the model (ONNX Runtime) could not be loaded: its .wasm file is missing from this site or did not arrive. Check the connection, then try again. If this is your own copy of the page, publish all files of the build, those in “assets” too.'

export const missingPart = 'A part of this page could not be loaded. Check the connection, then reload the page.'

/** Why a folder on another site cannot be read; `undefined` where the site responds. */
async function unreachable(url: string, surfing: Surfing): Promise<string | undefined> {
  if (!surfing.online) return `${url} cannot be reached: this device is offline.`
  const { origin, host } = new URL(url)
  if (origin === surfing.origin) return undefined
  const answers = (to: string, mode: RequestMode): Promise<boolean> =>
    surfing.fetch(to, { method: 'HEAD', mode, cache: 'no-store' }).then(
      () => true,
      () => false,
    )
  if (await answers(new URL('model_index.json', folderOf(url)).href, 'cors')) return undefined
  const remedy =
    'The owner of the site can allow it with the header “Access-Control-Allow-Origin: *”. Or download the folder, and use “Choose a folder”.'
  if (await answers(folderOf(url), 'no-cors'))
    return `${host} does not let other sites read its files (CORS), so this page cannot read ${url}. ${remedy}`
  // Browsers hide from a page which of the two it is.
  return `This page cannot read ${url}. If you can open this address in a new tab, ${host} does not let other sites read its files (CORS). ${remedy} If you cannot open it, check the address and the connection.`
}

function folderOf(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}
