"""Encodes every picture once: training then never runs the autoencoder.

    python latents.py out/vae_norm        # images.u8, recoloured.u8 -> latents.pt (mean and deviation, float16)

With `--fold out/vae` it first folds the latents' mean and deviation into that autoencoder's 1x1 convolutions, so that the
latents have mean 0, deviation 1 and the scaling factor is 1, and writes it to the folder named.
"""
import argparse
import os

import numpy as np
import torch
from diffusers import AutoencoderKL


def encode(vae, pictures):
    means, deviations = [], []
    with torch.no_grad():
        for batch in np.array_split(pictures, max(1, len(pictures) // 128)):
            pixels = torch.from_numpy(batch).permute(0, 3, 1, 2).float() / 127.5 - 1
            latent = vae.encode(pixels.contiguous(memory_format=torch.channels_last)).latent_dist
            means.append(latent.mean.half())
            deviations.append(latent.std.half())
    return torch.cat(means).contiguous(), torch.cat(deviations).contiguous()


def fold(vae, mean, deviation):
    """Latents z become (z - m) / s, channel by channel, with m and s in the convolutions around them."""
    mean, deviation = mean.float(), deviation.float()
    m = mean.mean((0, 2, 3))
    s = (mean.var((0, 2, 3)) + (deviation**2).mean((0, 2, 3))).sqrt()
    with torch.no_grad():
        weight, bias = vae.quant_conv.weight, vae.quant_conv.bias
        weight[:4] /= s[:, None, None, None]
        bias[:4] = (bias[:4] - m) / s
        bias[4:] -= 2 * torch.log(s)  # the other four channels are log variances
        weight, bias = vae.post_quant_conv.weight, vae.post_quant_conv.bias
        bias += weight[:, :, 0, 0] @ m
        weight *= s[None, :, None, None]
    vae.register_to_config(scaling_factor=1.0)


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('vae')
    parser.add_argument('--fold')
    options = parser.parse_args()
    torch.set_num_threads(2)
    images = np.fromfile('images.u8', np.uint8).reshape(-1, 64, 64, 3)
    if options.fold:
        vae = AutoencoderKL.from_pretrained(options.fold).eval()
        fold(vae, *encode(vae, images))
        vae.save_pretrained(options.vae)
    vae = AutoencoderKL.from_pretrained(options.vae).eval().to(memory_format=torch.channels_last)
    original = encode(vae, images)
    recoloured = encode(vae, np.fromfile('recoloured.u8', np.uint8).reshape(-1, 64, 64, 3)) if os.path.exists('recoloured.u8') else None
    torch.save({'original': original, 'recoloured': recoloured}, 'latents.pt')
    print('mean', original[0].float().mean((0, 2, 3)).tolist(), 'deviation', original[0].float().std((0, 2, 3)).tolist())
