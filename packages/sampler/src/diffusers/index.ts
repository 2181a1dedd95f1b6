export { type Choice, ChoiceError, chooseAdaptive, scheduleNames, solverNames } from './choice.ts'
export { ConfigError, parseConfig } from './config.ts'
export { chooseRecipe, fromDiffusersConfig, type Recipe } from './recipe.ts'
