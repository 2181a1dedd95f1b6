"""Pictures of the embedded model under the caches' own packages, for caches.ts to time: one for each line of standard input.

    python caches.py FOLDER          # FOLDER: the model as diffusers saves it

A line is `KIND GUIDANCE`; the answer is the seconds of one picture, 25 DDIM steps, from the prompt to 8-bit pixels, and those
of them that the U-Net took.
"""
import os
import sys
import time

import diffusers
import torch
from DeepCache import DeepCacheSDHelper
from tgate import TgateSDDeepCacheLoader, TgateSDLoader

STEPS, GATE, PROMPT = 25, 10, 'a red apple'
torch.set_num_threads(os.cpu_count())


spent = []


def load():
    pipe = diffusers.StableDiffusionPipeline.from_pretrained(sys.argv[1], safety_checker=None)
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = diffusers.DDIMScheduler.from_config(pipe.scheduler.config)
    pipe.unet.register_forward_pre_hook(lambda *_: spent.append(-time.perf_counter()))
    pipe.unet.register_forward_hook(lambda *_: spent.append(time.perf_counter()))
    return pipe


def deepcache(interval, branch):
    pipe = load()
    helper = DeepCacheSDHelper(pipe=pipe)
    helper.set_params(cache_interval=interval, cache_branch_id=branch)
    helper.enable()
    return pipe


def tgate(loader, **options):
    pipe = load()
    loader(pipe, **options)
    return lambda *args, **kwargs: pipe.tgate(*args, gate_step=GATE, sp_interval=1, fi_interval=1, warm_up=0, **kwargs)


pipes = {
    'none': load(),
    'deepcache-3-0': deepcache(3, 0),
    'deepcache-5-0': deepcache(5, 0),
    'deepcache-3-1': deepcache(3, 1),
    'tgate': tgate(TgateSDLoader),
    'deepcache-tgate': tgate(TgateSDDeepCacheLoader, cache_interval=3, cache_branch_id=0),
}
print('ready', flush=True)
for line in sys.stdin:
    kind, guidance = line.split()
    spent.clear()
    began = time.perf_counter()
    try:
        pipes[kind](PROMPT, num_inference_steps=STEPS, guidance_scale=float(guidance),
                    generator=torch.Generator().manual_seed(7), output_type='np')
    except ValueError:
        # tgate averages two halves of the batch, which without guidance has one row.
        print('nan nan', flush=True)
        continue
    print(time.perf_counter() - began, sum(spent), flush=True)
