"""Pictures under the caches' own packages: DeepCache 0.1.1, tgate 1.0.0, and FreeU as diffusers has it.

    python caches.py FOLDER data      # FOLDER: the embedded model as diffusers saves it
"""
import json
import sys

import diffusers
import numpy as np
import torch
from DeepCache import DeepCacheSDHelper
from tgate import TgateSDDeepCacheLoader, TgateSDLoader

source, target = sys.argv[1], sys.argv[2]
torch.set_num_threads(2)
SCHEDULERS = {
    'pndm': diffusers.PNDMScheduler, 'ddim': diffusers.DDIMScheduler,
    'euler': diffusers.EulerDiscreteScheduler, 'dpmpp-2m': diffusers.DPMSolverMultistepScheduler,
}


def pipeline(scheduler):
    pipe = diffusers.StableDiffusionPipeline.from_pretrained(source, safety_checker=None)
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = SCHEDULERS[scheduler].from_config(pipe.scheduler.config)
    return pipe


def draw(pipe, call, run):
    common = dict(num_inference_steps=run['steps'], guidance_scale=run['guidance'], output_type='latent',
                  generator=torch.Generator().manual_seed(run['seed']))
    latents = call(run['prompt'], **common).images
    with torch.no_grad():
        image = pipe.vae.decode(latents / pipe.vae.config.scaling_factor, return_dict=False)[0]
    return latents, pipe.image_processor.postprocess(image, output_type='np')[0]


def deepcache(run):
    pipe = pipeline(run['scheduler'])
    helper = DeepCacheSDHelper(pipe=pipe)
    helper.set_params(cache_interval=run['interval'], cache_branch_id=run['branch'])
    helper.enable()
    return draw(pipe, pipe, run)


def tgate(run):
    pipe = pipeline(run['scheduler'])
    TgateSDLoader(pipe)
    options = dict(gate_step=run['gate'], sp_interval=run['sp'], fi_interval=run['fi'], warm_up=run['warm'])
    return draw(pipe, lambda *args, **kwargs: pipe.tgate(*args, **kwargs, **options), run)


def both(run):
    pipe = pipeline(run['scheduler'])
    TgateSDDeepCacheLoader(pipe, cache_interval=run['interval'], cache_branch_id=run['branch'])
    options = dict(gate_step=run['gate'], sp_interval=1, fi_interval=1, warm_up=0)
    return draw(pipe, lambda *args, **kwargs: pipe.tgate(*args, **kwargs, **options), run)


def freeu(run):
    pipe = pipeline(run['scheduler'])
    pipe.enable_freeu(s1=run['s1'], s2=run['s2'], b1=run['b1'], b2=run['b2'])
    return draw(pipe, pipe, run)


MAKERS = {'deepcache': deepcache, 'tgate': tgate, 'both': both, 'freeu': freeu}
common = dict(prompt='a red apple', seed=7, width=64, height=64)
runs = []
for scheduler, steps, guidance, interval, branch in [
    ('ddim', 10, 7.5, 3, 0), ('ddim', 10, 1, 3, 0), ('ddim', 25, 7.5, 5, 1), ('ddim', 10, 7.5, 2, 2), ('ddim', 9, 7.5, 4, 5),
    ('euler', 25, 7.5, 3, 0), ('euler', 10, 1, 2, 1), ('dpmpp-2m', 10, 7.5, 3, 0), ('dpmpp-2m', 25, 7.5, 3, 3),
    ('pndm', 25, 7.5, 3, 0), ('pndm', 10, 1, 3, 1),
]:
    runs.append(dict(kind='deepcache', scheduler=scheduler, steps=steps, guidance=guidance, interval=interval, branch=branch, **common))
for scheduler, steps, gate, sp, fi, warm in [
    ('ddim', 10, 4, 1, 1, 0), ('ddim', 25, 10, 1, 1, 0), ('euler', 10, 1, 1, 1, 0), ('dpmpp-2m', 10, 4, 1, 1, 0),
    ('ddim', 25, 10, 5, 1, 2), ('dpmpp-2m', 25, 12, 3, 1, 2), ('ddim', 25, 10, 5, 2, 2),
]:
    runs.append(dict(kind='tgate', scheduler=scheduler, steps=steps, guidance=7.5, gate=gate, sp=sp, fi=fi, warm=warm, **common))
for scheduler, steps, gate, interval, branch in [('ddim', 25, 10, 3, 0), ('dpmpp-2m', 20, 8, 3, 1)]:
    runs.append(dict(kind='both', scheduler=scheduler, steps=steps, guidance=7.5, gate=gate, interval=interval, branch=branch, **common))
for scheduler, steps, guidance, b1, b2, s1, s2 in [
    ('ddim', 10, 7.5, 1.5, 1.6, 0.9, 0.2), ('pndm', 25, 7.5, 1.2, 1.4, 0.9, 0.2), ('ddim', 10, 1, 1.1, 1.2, 0.6, 0.4),
]:
    runs.append(dict(kind='freeu', scheduler=scheduler, steps=steps, guidance=guidance, b1=b1, b2=b2, s1=s1, s2=s2, **common))

index, latents, pixels = [], [], []
for run in runs:
    made, picture = MAKERS[run['kind']](run)
    index.append(run)
    latents.append(made.numpy().astype(np.float32).ravel())
    pixels.append((picture * 255).round().astype(np.uint8).ravel())
    print(run, float(made.std()), flush=True)
np.concatenate(latents).tofile(f'{target}/caches.latents.f32')
np.concatenate(pixels).tofile(f'{target}/caches.pixels.u8')
json.dump(dict(diffusers=diffusers.__version__, torch=torch.__version__, runs=index), open(f'{target}/caches.json', 'w'), indent=1)
print(len(index))
