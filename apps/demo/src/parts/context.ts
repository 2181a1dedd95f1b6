import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { App } from '../state/app.ts'

export const AppContext = createContext<App | undefined>(undefined)

/** The app that a component is in. @throws Error outside of one */
export function useApp(): App {
  const app = useContext(AppContext)
  if (app === undefined)
    throw new Error('A component of the page was used outside of it; wrap it in AppContext.Provider.')
  return app
}
