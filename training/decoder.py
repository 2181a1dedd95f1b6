"""Sharpens the decoder of a trained autoencoder; its latents, and so the U-Net, stay what they are.

    python decoder.py START/vae --out out/vae_sharp       # images.u8, recoloured.u8, latents.pt of START/vae

It learns from latents as the U-Net does, drawn about their means. Half of the pictures are originals, half recoloured ones.
"""
import argparse
import math
import time

import numpy as np
import torch
from diffusers import AutoencoderKL

from muon import Muon, descend
from pixels import pixels_of, psnr, unlike
from unet import is_matrix

parser = argparse.ArgumentParser()
parser.add_argument('vae')
parser.add_argument('--out', default='out/vae_sharp')
parser.add_argument('--steps', type=int, default=2000)
parser.add_argument('--batch', type=int, default=32)
parser.add_argument('--rate', type=float, default=1e-3)
parser.add_argument('--threads', type=int, default=2)
parser.add_argument('--seed', type=int, default=4)
options = parser.parse_args()
torch.set_num_threads(options.threads)
random = torch.Generator().manual_seed(options.seed)

vae = AutoencoderKL.from_pretrained(options.vae).to(memory_format=torch.channels_last)
parts = {'original': 'images.u8', 'recoloured': 'recoloured.u8'}
images = {kind: np.memmap(file, np.uint8).reshape(-1, 64, 64, 3) for kind, file in parts.items()}
latents = torch.load('latents.pt')
named = [*vae.decoder.named_parameters(), *vae.post_quant_conv.named_parameters()]
inner = [p for n, p in named if is_matrix(n, p)]
outer = [p for n, p in named if not is_matrix(n, p)]
optimizers = [Muon(inner, options.rate, weight_decay=1e-3), torch.optim.AdamW(outer, options.rate, betas=(0.9, 0.99), weight_decay=1e-4)]


def batch(kind, indices, noise):
    mean, deviation = (each[indices].float() for each in latents[kind])
    return (mean + deviation * noise).contiguous(memory_format=torch.channels_last), pixels_of(images[kind][indices.numpy()])


@torch.no_grad()
def sharpness():
    """The PSNR of the first 256 pictures, as autoencoder.py measures it."""
    rows = torch.arange(256).split(64)
    return psnr([(vae.decode(z).sample - pixels).pow(2).mean() for z, pixels in (batch('original', each, 0) for each in rows)])


print({'step': 0, 'psnr': round(sharpness(), 2)}, flush=True)
began, recent = time.time(), []
for step in range(options.steps):
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group['lr'] = options.rate * min(1, (step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * step / options.steps))
    halves = []
    for kind in parts:
        indices = torch.randint(len(images[kind]), (options.batch // 2,), generator=random)
        halves.append(batch(kind, indices, torch.randn(options.batch // 2, 4, 16, 16, generator=random)))
    z, pixels = (torch.cat(each).contiguous(memory_format=torch.channels_last) for each in zip(*halves))
    with torch.autocast('cpu', dtype=torch.bfloat16):
        made = vae.decode(z).sample
    loss = unlike(made, pixels)
    descend(loss, optimizers)
    recent.append(loss.item())
    if (step + 1) % 50 == 0:
        pace = (step + 1) * options.batch / (time.time() - began)
        print({'step': step + 1, 'loss': round(sum(recent[-50:]) / 50, 4), 'pace': round(pace, 1)}, flush=True)
    if (step + 1) % 500 == 0 or step + 1 == options.steps:
        print({'step': step + 1, 'psnr': round(sharpness(), 2)}, flush=True)
vae.save_pretrained(options.out)
