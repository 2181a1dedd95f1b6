export {
  type Choice,
  ChoiceError,
  ConfigError,
  chooseRecipe,
  fromDiffusersConfig,
  type Recipe,
  scheduleNames,
  solverNames,
} from './recipe.ts'
