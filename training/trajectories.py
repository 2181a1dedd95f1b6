"""Draws trajectories of a guided teacher, from which `distill.py` learns: no picture is needed.

    python trajectories.py --start START --out trajectories --pieces 32 [--device cuda --minutes 3]

In the folder of items.json and recoloured.json, whose captions are the prompts. A piece is a file of `--rows` trajectories, half of
them from pure noise, half from what those ended in, noised again to a point drawn at random: samplers that add noise between their
steps (TCD above eta 0, LCM) come to such points. START's U-Net at `--guidance` is solved by DPM-Solver++ 2M (arXiv 2211.01095) from
timestep 999 to 0 at `--intervals` + 1 points, which lie elsewhere in every batch, so that a student hears all timesteps.
A piece has its own seed: what is there already is not drawn again, and several processes can share the work (`--share 0 2`).
"""
import argparse
import json
import os
import time

import torch
from diffusers import UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from unet import Pictures, alpha_bar

# Names that no trajectory asks for; neither do the measures of judge/prompts.json: what is chosen is chosen by these.
HELD_OUT = 64
LENGTH = 32


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument('--start', required=True, help='diffusers folder of the teacher')
    parser.add_argument('--out', required=True)
    parser.add_argument('--pieces', type=int, default=32)
    parser.add_argument('--rows', type=int, default=64, help='trajectories in a piece')
    parser.add_argument('--batch', type=int, default=32)
    parser.add_argument('--intervals', type=int, default=12)
    parser.add_argument('--guidance', type=float, nargs=2, default=[7.5, 7.5], help='lowest and highest')
    parser.add_argument('--recoloured', type=float, default=0.45, help='share of prompts that ask for a colour')
    parser.add_argument('--share', type=int, nargs=2, default=[0, 1], help='this process and how many there are')
    parser.add_argument('--minutes', type=float, help='draw no new piece after that many')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--seed', type=int, default=0)
    return parser.parse_args()


def held_out_names():
    """Names with the caption "a dog", of at least two designs, that the judge's measures do not ask for."""
    here = os.path.dirname(os.path.abspath(__file__))
    asked = {each['name'] for each in json.load(open(f'{here}/judge/prompts.json'))['prompts']}
    sets = {}
    for item in json.load(open('items.json')):
        sets.setdefault(item['name'], set()).add(item['set'])
    names = sorted(name for name, having in sets.items() if len(having) > 1 and name not in asked)
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(64))
    return [names[i] for i in order[:HELD_OUT]]


def tokens(tokenizer, prompts):
    return tokenizer(prompts, padding='max_length', max_length=LENGTH, truncation=True, return_tensors='pt').input_ids


@torch.no_grad()
def contexts(text, tokenizer, prompts):
    return torch.cat([text(tokens(tokenizer, prompts[i:i + 256]))[0] for i in range(0, len(prompts), 256)])


def guided(unet, context, empty, scale, device):
    """The guided prediction of the noise as a function of latents and a timestep; `scale` is a number for each row."""
    both = torch.cat([context, empty.expand_as(context)])

    def predict(x, t):
        doubled = torch.cat([x, x]).contiguous(memory_format=torch.channels_last)
        with torch.autocast(device, dtype=torch.bfloat16):
            out = unet(doubled, torch.full((len(doubled),), t, device=device), both, return_dict=False)[0].float()
        prompted, unprompted = out.chunk(2)
        return unprompted + scale.view(-1, 1, 1, 1) * (prompted - unprompted)

    return predict


@torch.no_grad()
def solve(predict, x, times):
    """x at each of `times` by DPM-Solver++ 2M: first order at the first step and at the last."""
    alpha, sigma = alpha_bar.double().sqrt(), (1 - alpha_bar.double()).sqrt()
    log_snr = alpha.log() - sigma.log()
    points, before = [x], None
    for i in range(len(times) - 1):
        t, s = times[i], times[i + 1]
        clean = (x - sigma[t].item() * predict(x, t)) / alpha[t].item()
        h = (log_snr[s] - log_snr[t]).item()
        direction = clean
        if before is not None and i + 2 < len(times):
            direction = clean + (clean - before[0]) * (h / before[1] / 2)
        x = (sigma[s] / sigma[t]).item() * x - alpha[s].item() * torch.expm1(torch.tensor(-h)).item() * direction
        before = clean, h
        points.append(x)
    return points


def evenly(intervals, random=None):
    """Timesteps 999 to 0; with `random` those between are moved, by at most a quarter of an interval."""
    at = torch.linspace(999, 0, intervals + 1)
    if random is not None:
        at[1:-1] += (torch.rand(intervals - 1, generator=random) - 0.5) * 999 / intervals / 2
    return at.round().long().tolist()


def main():
    options = parse()
    device = options.device
    torch.set_num_threads(options.threads)
    os.makedirs(options.out, exist_ok=True)
    tokenizer = CLIPTokenizer.from_pretrained(f'{options.start}/tokenizer')
    text = CLIPTextModel.from_pretrained(f'{options.start}/text_encoder')
    unet = UNet2DConditionModel.from_pretrained(f'{options.start}/unet').requires_grad_(False).to(device)
    unet = unet.to(memory_format=torch.channels_last)
    pictures = Pictures(tokenizer, one_design=True, latents=False, without=held_out_names())
    empty = contexts(text, tokenizer, ['']).to(device)
    began = time.time()
    for piece in range(options.share[0], options.pieces, options.share[1]):
        path = f'{options.out}/{piece:04d}.pt'
        if os.path.exists(path):
            continue
        if options.minutes and time.time() - began > options.minutes * 60:
            break
        random = torch.Generator().manual_seed(options.seed * 1_000_003 + piece)
        parts = {'latents': [], 'times': [], 'first': [], 'prompts': [], 'guidance': []}
        for _ in range(options.rows // options.batch // 2):
            prompts = [pictures.caption(random, options.recoloured) for _ in range(options.batch)]
            low, high = options.guidance
            scale = low + (high - low) * torch.rand(options.batch, generator=random)
            predict = guided(unet, contexts(text, tokenizer, prompts).to(device), empty, scale.to(device), device)
            noise = torch.randn(options.batch, 4, 16, 16, generator=random).to(device)
            times = evenly(options.intervals, random)
            whole = solve(predict, noise, times)
            first = int(torch.randint(1, options.intervals - 1, (), generator=random))
            signal = alpha_bar[times[first]].item()
            again = signal ** 0.5 * whole[-1] + (1 - signal) ** 0.5 * torch.randn(noise.shape, generator=random).to(device)
            rest = [torch.zeros_like(noise)] * first + solve(predict, again, times[first:])
            for begins, points in ((0, whole), (first, rest)):
                parts['latents'].append(torch.stack(points, 1).half().cpu())
                parts['times'].append(torch.tensor(times, dtype=torch.int16).expand(options.batch, -1))
                parts['first'].append(torch.full((options.batch,), begins, dtype=torch.int16))
                parts['guidance'].append(scale)
                parts['prompts'] += prompts
        packed = {name: each if name == 'prompts' else torch.cat(each) for name, each in parts.items()}
        torch.save(packed, path + '.new')
        os.replace(path + '.new', path)
        print(path, 'deviation', round(packed['latents'][:, -1].float().std().item(), 3), f'{time.time() - began:.0f} s', flush=True)


if __name__ == '__main__':
    main()
