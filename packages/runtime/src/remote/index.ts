/** What runtimes share whose library lives in another thread: the questions and answers, and both their ends. */
export {
  answerer,
  type Library,
  type LibraryPort,
  type LibrarySession,
  type LibraryTensor,
  type Location,
} from './answerer.ts'
export { type Calls, calls, type Handed, type Link, RemoteError } from './calls.ts'
export type { Answer, OpenSettings, Protocol, Question, SentModel, SentValue } from './messages.ts'
export { bytesOf, copyOf, inMemory, labelOf, namedFiles, problemOf } from './models.ts'
export { type RemoteOptions, remoteRuntime } from './remote-runtime.ts'
