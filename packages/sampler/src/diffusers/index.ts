export { type Choice, ChoiceError, scheduleNames, solverNames } from './choice.ts'
export { ConfigError, parseConfig } from './config.ts'
export { chooseRecipe, fromDiffusersConfig, type Recipe } from './recipe.ts'
