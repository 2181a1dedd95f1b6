/** The URL of the embedded model's folder, in the layout that optimum writes: `model_index.json`, `unet/model.onnx`, … */
export const model: URL = new URL('../model/', import.meta.url)
