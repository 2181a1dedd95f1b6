"""The pictures that diffusers draws from a picture: 8-bit pixels.

    python image_to_image.py FOLDER data      # FOLDER: the embedded model as diffusers saves it

The pictures to start from are those of `pictures.py`, by their place in `pictures.json`.
"""
import json
import sys

import diffusers
import numpy as np
import torch
from PIL import Image

source, target = sys.argv[1], sys.argv[2]
torch.set_num_threads(2)
pipe = diffusers.StableDiffusionImg2ImgPipeline.from_pretrained(source, safety_checker=None)
pipe.set_progress_bar_config(disable=True)
config = pipe.scheduler.config
SCHEDULERS = {
    'pndm': diffusers.PNDMScheduler, 'ddim': diffusers.DDIMScheduler, 'euler': diffusers.EulerDiscreteScheduler,
    'dpmpp-2m': diffusers.DPMSolverMultistepScheduler, 'heun': diffusers.HeunDiscreteScheduler,
    'euler-ancestral': diffusers.EulerAncestralDiscreteScheduler,
}
drawn = json.load(open(f'{target}/pictures.json'))['runs']
pixels = np.fromfile(f'{target}/pictures.pixels.u8', np.uint8)
ends = np.cumsum([run['width'] * run['height'] * 3 for run in drawn])


def picture(i):
    run = drawn[i]
    size = run['width'] * run['height'] * 3
    return pixels[ends[i] - size:ends[i]].reshape(run['height'], run['width'], 3)


def place(**wanted):
    return next(i for i, run in enumerate(drawn) if all(run[key] == value for key, value in wanted.items()))


apple = place(scheduler='dpmpp-2m', steps=25, guidance=7.5)
cat = place(prompt='a cat')
main = ('pndm', 'ddim', 'euler', 'dpmpp-2m')
runs = [(name, 7.5, steps, strength, 'a green apple', '', 7, apple, 0.0)
        for name in main for steps in (10, 25) for strength in (0.5, 0.8)]
runs += [(name, 7.5, 10, strength, 'a blue heart', 'red', 11, apple, 0.0)
         for name in ('heun', 'euler-ancestral') for strength in (0.5, 0.8)]
runs += [('ddim', 7.5, 10, 0.6, 'a sun', '', 3, apple, 1.0), ('dpmpp-2m', 1, 10, 0.5, 'a dog face', '', 3, cat, 0.0),
         # One step left out, none left out, and one step left: where PNDM counts its calls.
         ('pndm', 7.5, 10, 0.9, 'a green apple', '', 7, apple, 0.0), ('pndm', 7.5, 10, 1.0, 'a green apple', '', 7, apple, 0.0),
         ('pndm', 7.5, 10, 0.1, 'a green apple', '', 7, apple, 0.0), ('pndm', 7.5, 10, 0.2, 'a green apple', '', 7, apple, 0.0),
         # 100 · 0.29 is 28.999… in float64.
         ('euler', 7.5, 100, 0.29, 'a green apple', '', 7, apple, 0.0)]
index, out = [], []
for name, guidance, steps, strength, prompt, negative, seed, start, eta in runs:
    pipe.scheduler = SCHEDULERS[name].from_config(config)
    image = pipe(prompt, image=Image.fromarray(picture(start)), strength=strength, negative_prompt=negative,
                 num_inference_steps=steps, guidance_scale=guidance, eta=eta,
                 generator=torch.Generator().manual_seed(seed), output_type='np').images[0]
    index.append(dict(scheduler=name, guidance=guidance, steps=steps, strength=strength, prompt=prompt, negative=negative,
                      seed=seed, start=start, width=image.shape[1], height=image.shape[0], eta=eta))
    out.append((image * 255).round().astype(np.uint8).ravel())
    print(index[-1], flush=True)
np.concatenate(out).tofile(f'{target}/image-to-image.pixels.u8')
json.dump(dict(diffusers=diffusers.__version__, torch=torch.__version__, runs=index),
          open(f'{target}/image-to-image.json', 'w'), indent=1)
