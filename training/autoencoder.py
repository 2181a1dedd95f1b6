"""Trains the autoencoder: pictures of 64x64 -> latents of 16x16 in four channels, and back.

    python autoencoder.py        # images.u8 -> out/vae; then latents.py --fold

The same command again goes on from the last checkpoint. Loss: absolute and squared error, the same of the differences between
neighbours (for edges), and a little of the latents' divergence from a normal distribution. The rate falls by a cosine.
"""
import argparse
import json
import math
import os
import time

import numpy as np
import torch
from diffusers import AutoencoderKL

from pixels import pixels_of, psnr, unlike

parser = argparse.ArgumentParser()
parser.add_argument('--out', default='out/vae')
parser.add_argument('--steps', type=int, default=1800)
parser.add_argument('--batch', type=int, default=32)
parser.add_argument('--rate', type=float, default=2e-3)
parser.add_argument('--every', type=int, default=300, help='steps from one checkpoint to the next')
parser.add_argument('--threads', type=int, default=2)
parser.add_argument('--seed', type=int, default=0)
options = parser.parse_args()
torch.set_num_threads(options.threads)
torch.manual_seed(options.seed)

images = np.fromfile('images.u8', np.uint8).reshape(-1, 64, 64, 3)
vae = AutoencoderKL(in_channels=3, out_channels=3, latent_channels=4, block_out_channels=(32, 64, 128), layers_per_block=1,
                    norm_num_groups=8, down_block_types=('DownEncoderBlock2D',) * 3, up_block_types=('UpDecoderBlock2D',) * 3,
                    sample_size=64).to(memory_format=torch.channels_last)
optimizer = torch.optim.AdamW(vae.parameters(), options.rate, betas=(0.9, 0.99), weight_decay=1e-4)


@torch.no_grad()
def sharpness():
    """The PSNR of the first 256 pictures, in dB."""
    vae.eval()
    errors = [(vae.decode(vae.encode(pixels).latent_dist.mean).sample - pixels).pow(2).mean() for pixels in pixels_of(images[:256]).split(64)]
    vae.train()
    return psnr(errors)


def log(**row):
    print(row, flush=True)
    with open(f'{options.out}/log.jsonl', 'a') as file:
        file.write(json.dumps(row) + '\n')


def save(step):
    vae.save_pretrained(options.out)
    torch.save({'step': step, 'vae': vae.state_dict(), 'optimizer': optimizer.state_dict()}, f'{options.out}/state.new')
    os.replace(f'{options.out}/state.new', f'{options.out}/state.pt')


os.makedirs(options.out, exist_ok=True)
first = 0
if os.path.exists(f'{options.out}/state.pt'):
    state = torch.load(f'{options.out}/state.pt')
    first = state['step']
    vae.load_state_dict(state['vae'])
    optimizer.load_state_dict(state['optimizer'])
began = time.time()
for step in range(first, options.steps):
    for group in optimizer.param_groups:
        group['lr'] = options.rate * min(1, (step + 1) / 200) * 0.5 * (1 + math.cos(math.pi * step / options.steps)) + 1e-5
    # Each step has its own seed, so that a resumed run sees what an unbroken one sees.
    torch.manual_seed(options.seed * 1_000_003 + step)
    pixels = pixels_of(images[torch.randint(len(images), (options.batch,)).numpy()])
    if torch.rand(()) < 0.5:
        pixels = pixels.flip(3)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        latents = vae.encode(pixels.contiguous(memory_format=torch.channels_last)).latent_dist
        made = vae.decode(latents.sample()).sample
    divergence = latents.kl().float().mean() / (4 * 16 * 16)
    loss = unlike(made, pixels) + 2e-3 * divergence
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
    optimizer.step()
    done = step + 1
    if done % 50 == 0:
        log(step=done, loss=round(loss.item(), 4), divergence=round(divergence.item(), 2),
            pace=round((done - first) * options.batch / (time.time() - began), 1))
    if done % options.every == 0 or done == options.steps:
        log(step=done, psnr=round(sharpness(), 2))
        save(done)
