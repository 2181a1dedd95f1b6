export class RuntimeWebError extends Error {
  override readonly name = 'RuntimeWeb.RuntimeWebError'
}
