/** For runtimes whose library runs in another thread or process: the questions and answers, and both sides of the exchange. */
export {
  answerer,
  type Library,
  type LibraryPort,
  type LibrarySession,
  type LibraryTensor,
  type Location,
  type OpenRequest,
} from './answerer.ts'
export { type Calls, calls, type Handed, type Link, linkOf, RemoteError } from './calls.ts'
export type { Answer, LibraryModel, OpenSettings, Protocol, Question, SentModel, SentValue } from './messages.ts'
export { copyOf, inMemory, labelOf, loadedThere, namedFiles, problemOf, renamedFiles } from './models.ts'
export { type RemoteOptions, remoteRuntime } from './remote-runtime.ts'
