"""The pictures that diffusers draws: final latents and 8-bit pixels.

    python pictures.py FOLDER data      # FOLDER: the embedded model as diffusers saves it
"""
import json
import sys

import diffusers
import numpy as np
import torch

source, target = sys.argv[1], sys.argv[2]
torch.set_num_threads(2)
pipe = diffusers.StableDiffusionPipeline.from_pretrained(source, safety_checker=None)
pipe.set_progress_bar_config(disable=True)
config = pipe.scheduler.config
SCHEDULERS = {
    'pndm': (diffusers.PNDMScheduler, {}), 'ddim': (diffusers.DDIMScheduler, {}),
    'euler': (diffusers.EulerDiscreteScheduler, {}), 'euler-ancestral': (diffusers.EulerAncestralDiscreteScheduler, {}),
    'heun': (diffusers.HeunDiscreteScheduler, {}), 'dpmpp-2m': (diffusers.DPMSolverMultistepScheduler, {}),
    'dpmpp-2m:karras': (diffusers.DPMSolverMultistepScheduler, {'use_karras_sigmas': True}),
    'euler:karras': (diffusers.EulerDiscreteScheduler, {'use_karras_sigmas': True}),
    'euler:trailing': (diffusers.EulerDiscreteScheduler, {'timestep_spacing': 'trailing'}),
}
runs = [(name, g, n, 'a red apple', '', 7, 64, 64, 0.0) for name in SCHEDULERS for g in (1, 7.5) for n in (5, 10, 25)]
runs += [('pndm', 7.5, 10, 'a blue heart', 'red', 123, 64, 64, 0.0), ('ddim', 7.5, 10, 'a green apple, fluent style', '', 5, 64, 64, 1.0),
         ('ddim', 7.5, 10, 'a sun', '', 5, 64, 64, 0.5), ('dpmpp-2m', 5, 10, 'a cat', '', 11, 96, 64, 0.0), ('pndm', 7.5, 1, 'a star', '', 1, 64, 64, 0.0),
         ('euler', 7.5, 1, 'a star', '', 1, 64, 64, 0.0), ('dpmpp-2m', 7.5, 1, 'a star', '', 1, 64, 64, 0.0), ('heun', 7.5, 2, 'a star', '', 1, 64, 64, 0.0)]
index, latents, pixels = [], [], []
for name, guidance, steps, prompt, negative, seed, width, height, eta in runs:
    cls, options = SCHEDULERS[name]
    pipe.scheduler = cls.from_config(config, **options)
    out = pipe(prompt, negative_prompt=negative, num_inference_steps=steps, guidance_scale=guidance, width=width, height=height,
               eta=eta, generator=torch.Generator().manual_seed(seed), output_type='latent').images
    with torch.no_grad():
        image = pipe.vae.decode(out / pipe.vae.config.scaling_factor, return_dict=False)[0]
    array = pipe.image_processor.postprocess(image, output_type='np')[0]
    index.append(dict(scheduler=name, guidance=guidance, steps=steps, prompt=prompt, negative=negative, seed=seed, width=width, height=height, eta=eta))
    latents.append(out.numpy().astype(np.float32).ravel())
    pixels.append((array * 255).round().astype(np.uint8).ravel())
np.concatenate(latents).tofile(f'{target}/pictures.latents.f32')
np.concatenate(pixels).tofile(f'{target}/pictures.pixels.u8')
json.dump(dict(diffusers=diffusers.__version__, torch=torch.__version__, runs=index), open(f'{target}/pictures.json', 'w'), indent=1)
print(len(index))
