export { cachersOf, choicesOf, type Decided, decide, noiseOf, parseChoice, printChoice } from './choices.ts'
export { parseSettings, printSettings, type Settings, SettingsError, settingsKey } from './settings.ts'
