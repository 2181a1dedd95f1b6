"""Says where a model loses what a picture shows: by the judge, the share of pictures whose name is among its five best.

    python diagnose.py FOLDER [--layout FOLDER/text_encoder] [--prompts 128]     # where items.json and latents.pt are

Of the first prompts of judge/prompts.json: real pictures through the autoencoder; what the text encoder of layout.py says,
decoded as it is; real pictures with noise up to a timestep, denoised from there; pictures from noise alone. DPM-Solver++ 2M,
20 steps, bfloat16. To find out what to train next, not to report: benchmarks/quality.ts does that.
"""
import argparse
import json
import os
import random

import numpy as np
import onnxruntime
import torch
from diffusers import AutoencoderKL, DPMSolverMultistepScheduler, UNet2DConditionModel
from safetensors.torch import load_file
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer

from layout import unpatched
from unet import PlainAttention, alpha_bar, scheduler

JUDGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'judge')


@torch.no_grad()
def draw(unet, conditions, guidance, steps=20, start=None, latents=None):
    """Latents from noise alone, or from `latents` under the noise of the first timestep that is at most `start`."""
    solver = DPMSolverMultistepScheduler.from_config(scheduler.config)
    solver.set_timesteps(steps)
    x = torch.randn(len(conditions) // 2, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    timesteps = [t for t in solver.timesteps if start is None or t <= start]
    if start is not None:
        signal = alpha_bar[timesteps[0]]
        x = signal.sqrt() * latents + (1 - signal).sqrt() * x
        solver.set_begin_index(steps - len(timesteps))
    for t in timesteps:
        with torch.autocast('cpu', dtype=torch.bfloat16):
            out = unet(torch.cat([x, x]).contiguous(memory_format=torch.channels_last), t, conditions, return_dict=False)[0]
        prompted, unprompted = out.float().chunk(2)
        x = solver.step(unprompted + guidance * (prompted - unprompted), t, x, return_dict=False)[0]
    return x


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('folder', help='the weights as diffusers has them')
    parser.add_argument('--layout', help='a text encoder with its layout.safetensors')
    parser.add_argument('--prompts', type=int, default=128)
    options = parser.parse_args()
    read = lambda name: json.load(open(f'{JUDGE}/{name}'))
    prompts, names = read('prompts.json')['prompts'][:options.prompts], read('names.json')['names']
    judge = onnxruntime.InferenceSession(f'{JUDGE}/judge.onnx')
    vae = AutoencoderKL.from_pretrained(f'{options.folder}/vae').eval()
    unet = UNet2DConditionModel.from_pretrained(f'{options.folder}/unet').eval().to(memory_format=torch.channels_last)
    unet.set_attn_processor(PlainAttention())
    tokenizer = CLIPTokenizer.from_pretrained(f'{options.folder}/tokenizer')
    tokens = lambda texts: tokenizer(texts, padding='max_length', max_length=32, truncation=True, return_tensors='pt').input_ids
    asked = tokens([each['prompt'] for each in prompts])
    text = CLIPTextModel.from_pretrained(f'{options.folder}/text_encoder').eval()
    with torch.no_grad():
        conditions = torch.cat([text(asked)[0], text(tokens([''] * len(prompts)))[0]])

    @torch.no_grad()
    def report(what, latents):
        found = 0
        for part, wanted in zip(latents.split(32), (prompts[i:i + 32] for i in range(0, len(prompts), 32))):
            pixels = vae.decode(part / vae.config.scaling_factor, return_dict=False)[0].clamp(-1, 1).float().numpy()
            best = np.argsort(-judge.run(['names'], {'pixels': pixels})[0], 1)[:, :5]
            found += sum(names.index(each['name']) in row for each, row in zip(wanted, best))
        print(f'{what}: {100 * found / len(prompts):.0f} %', flush=True)

    pictures = {}
    for index, item in enumerate(json.load(open('items.json'))):
        pictures.setdefault(item['name'], []).append(index)
    dice = random.Random(0)
    stored = torch.load('latents.pt')['original'][0]
    latents = torch.stack([stored[dice.choice(pictures[each['name']])].float() for each in prompts])
    report('real pictures through the autoencoder', latents)
    if options.layout:
        layout, head = CLIPTextModel.from_pretrained(options.layout).eval(), nn.Linear(text.config.hidden_size, 64)
        head.load_state_dict(load_file(f'{options.layout}/layout.safetensors'))
        with torch.no_grad():
            report('what the layout says', unpatched(head(layout(asked)[0][:, -16:])))
    for start in (900, 800, 600):
        report(f'real pictures from timestep {start}, guidance 2.5', draw(unet, conditions, 2.5, start=start, latents=latents))
    for guidance in (2.5, 7.5):
        report(f'from noise, guidance {guidance}', draw(unet, conditions, guidance))
