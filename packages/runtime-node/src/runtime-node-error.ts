export class RuntimeNodeError extends Error {
  override readonly name = 'RuntimeNode.RuntimeNodeError'
}
