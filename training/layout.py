"""Teaches the text encoder to lay pictures out: from a caption, each of its last 16 tokens says one 16th of the latent.

    python layout.py --text FOLDER/text_encoder --tokenizer FOLDER/tokenizer --out out/layout

A U-Net that looks at the tokens then finds in each what belongs to a place, and needs not learn by itself which picture a
name stands for. It takes minutes. The last token of a caption comes before those 16 with all captions but the longest. A
`layout.safetensors` beside the text encoder, which this writes too, goes on being trained: the linear map from tokens to latents.
"""
import argparse
import os
import time

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer

from muon import Muon, descend
from unet import Pictures, is_matrix

PATCHES = 16


def patches(latents):
    """(count, 4, 16, 16) -> (count, 16, 64): squares of 4x4 places, row by row."""
    return latents.unflatten(3, (4, 4)).unflatten(2, (4, 4)).permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)


def unpatched(rows):
    """The inverse of `patches`."""
    return rows.unflatten(2, (4, 4, 4)).unflatten(1, (4, 4)).permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--text', default='out/text_pre')
    parser.add_argument('--tokenizer', default='out/tokenizer')
    parser.add_argument('--out', default='out/layout')
    parser.add_argument('--steps', type=int, default=2000)
    parser.add_argument('--batch', type=int, default=256)
    parser.add_argument('--rate', type=float, default=2e-3)
    parser.add_argument('--one-design', action='store_true', help='captions without a style mean one design')
    parser.add_argument('--recoloured', type=float, default=0.4)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    pictures = Pictures(CLIPTokenizer.from_pretrained(options.tokenizer), options.one_design)
    text = CLIPTextModel.from_pretrained(options.text, attn_implementation='eager').train()
    head = nn.Linear(text.config.hidden_size, 64)
    if os.path.exists(f'{options.text}/layout.safetensors'):
        head.load_state_dict(load_file(f'{options.text}/layout.safetensors'))
    named = [*text.named_parameters(), *head.named_parameters()]
    inner = [p for n, p in named if is_matrix(n, p)]
    outer = [p for n, p in named if not is_matrix(n, p)]
    optimizers = [Muon(inner, options.rate, weight_decay=1e-2), torch.optim.AdamW(outer, options.rate, betas=(0.9, 0.99))]
    lengths = (pictures.table != text.config.eos_token_id).sum(1) + 1
    print('captions', len(lengths), 'of at most', int(lengths.max()), 'tokens;', round(float((lengths > 16).float().mean()), 4), 'reach into the layout')
    began, recent = time.time(), []
    random = torch.Generator().manual_seed(options.seed)
    for step in range(options.steps):
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group['lr'] = options.rate * min(1, (step + 1) / 100) * (1 - step / options.steps)
        x0, captioned = pictures.choose(options.batch, random, options.recoloured)
        captioned[torch.rand(options.batch, generator=random) < 0.02] = 0
        with torch.autocast('cpu', dtype=torch.bfloat16):
            hidden = text(pictures.table[captioned])[0][:, -PATCHES:]
        loss = (head(hidden.float()) - patches(x0)).pow(2).mean()
        descend(loss, optimizers)
        recent.append(loss.item())
        if (step + 1) % 50 == 0:
            print({'step': step + 1, 'loss': round(sum(recent[-50:]) / 50, 4), 'seconds': round(time.time() - began)}, flush=True)
    text.save_pretrained(options.out)
    save_file(head.state_dict(), f'{options.out}/layout.safetensors')
