export { ModelError } from './folder.ts'
export { type GenerateOptions, type Image, RequestError, type TextToImage, textToImage } from './text-to-image.ts'
export { clipTokenizer, type PromptTokenizer, type Tokens } from './tokenizer.ts'
