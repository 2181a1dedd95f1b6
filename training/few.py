"""Samples of a few evaluations without guidance, and how good they are.

    python few.py FOLDER [--lora run/tcd/tcd.safetensors --method tcd --evaluations 1 2 4 8 16 --gamma 0 0.3 1]
    python few.py FOLDER --unet run/full/unet --evaluations 4
    python few.py FOLDER --method dpmpp --guidance 7.5 --evaluations 4 8

Prompts are those of 64 names that neither a trajectory nor the measures of judge/prompts.json ask for (`held_out_names`);
`--asked` takes the 256 of the measures, `--frechet` their 2,048 captions. `found` is the share of pictures whose name is among the
judge's five best.
"""
import argparse
import json
import os

import numpy as np
import onnxruntime
import torch
from diffusers import AutoencoderKL, DPMSolverMultistepScheduler, LCMScheduler, TCDScheduler, UNet2DConditionModel
from diffusers.loaders import StableDiffusionLoraLoaderMixin
from transformers import CLIPTextModel, CLIPTokenizer

from captions import article
from trajectories import contexts, evenly, guided, held_out_names, solve

HERE = os.path.dirname(os.path.abspath(__file__))


def unguided(unet, context, device):
    def predict(x, t):
        x = x.contiguous(memory_format=torch.channels_last)
        with torch.autocast(device, dtype=torch.bfloat16):
            return unet(x, torch.full((len(x),), t, device=device), context, return_dict=False)[0].float()

    return predict


def scheduler_of(method, start):
    if method == 'dpmpp':
        return DPMSolverMultistepScheduler.from_pretrained(f'{start}/scheduler')
    return {'tcd': TCDScheduler, 'lcm': LCMScheduler}[method].from_pretrained(f'{start}/scheduler')


@torch.no_grad()
def sample(predict, scheduler, noise, evaluations, seed=0, **step):
    scheduler.set_timesteps(evaluations)
    random = torch.Generator().manual_seed(seed)
    x = noise
    for t in scheduler.timesteps:
        x = scheduler.step(predict(x, int(t)), t, x, generator=random, return_dict=False, **step)[0]
    return x


class Judge:
    def __init__(self, start, threads=1):
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(f'{HERE}/judge/judge.onnx', settings, providers=['CPUExecutionProvider'])
        names = json.load(open(f'{HERE}/judge/names.json'))['names']
        self.numbers = {name: i for i, name in enumerate(names)}
        self.vae = AutoencoderKL.from_pretrained(f'{start}/vae').to(memory_format=torch.channels_last)

    @torch.no_grad()
    def look(self, latents):
        """Features and scores of all names."""
        pixels = torch.cat([self.vae.decode(each, return_dict=False)[0] for each in latents.cpu().split(32)]).clamp(-1, 1)
        pixels = ((pixels + 1) * 127.5).round() / 127.5 - 1
        parts = [self.session.run(None, {'pixels': each.contiguous().numpy()})[:2] for each in pixels.split(64)]
        return [np.concatenate(each) for each in zip(*parts)]

    def found(self, latents, names):
        scores = self.look(latents)[1]
        wanted = np.array([self.numbers[name] for name in names])
        ranks = (scores > scores[np.arange(len(scores)), wanted][:, None]).sum(1)
        return float((ranks < 5).mean())

    def frechet(self, latents):
        """The Frechet distance to the real pictures, as `bench:quality` has it."""
        features = self.look(latents)[0].astype(np.float64)
        real = np.fromfile(f'{HERE}/judge/real.f32', np.float32).astype(np.float64)
        width = features.shape[1]
        mean, covariance = real[:width], real[width:].reshape(width, width)
        ours = np.cov(features.T)
        root = np.sqrt(np.linalg.eigvals(ours @ covariance).astype(complex)).real.sum()
        return float(((features.mean(0) - mean) ** 2).sum() + np.trace(ours) + np.trace(covariance) - 2 * root)


class Probe:
    """Held-out prompts with fixed noise: how far samples are from the teacher's of 25 evaluations, and how many names are found."""

    def __init__(self, start, text, tokenizer, folder, count, device):
        self.names = held_out_names()[:count]
        self.start, self.device, self.judge = start, device, Judge(start)
        context = contexts(text, tokenizer, [article(name.replace('-', ' ')) for name in self.names]).to(device)
        empty = contexts(text, tokenizer, ['']).to(device)
        self.context = context
        self.noise = torch.randn(count, 4, 16, 16, generator=torch.Generator().manual_seed(777)).to(device)
        path = f'{os.path.dirname(folder) or "."}/held-out.pt'
        if not os.path.exists(path):
            unet = UNet2DConditionModel.from_pretrained(f'{start}/unet').requires_grad_(False).to(device, memory_format=torch.channels_last)
            exact = solve(guided(unet, context, empty, torch.full((count,), 7.5, device=device), device), self.noise, evenly(25))[-1]
            torch.save(exact.cpu(), path)
        self.exact = torch.load(path).to(device)

    @torch.no_grad()
    def measure(self, unet, method, evaluations=(1, 2, 4)):
        """The root mean square of the distance to the teacher's latents with eta 0, whatever the method, and names found by its own sampler."""
        predict = unguided(unet, self.context, self.device)
        distance, found = {}, {}
        for count in evaluations:
            x = sample(predict, scheduler_of('tcd', self.start), self.noise, count, eta=0.0)
            distance[count] = round((x - self.exact).pow(2).mean().sqrt().item(), 4)
            if method == 'lcm':
                x = sample(predict, scheduler_of('lcm', self.start), self.noise, count)
            found[count] = round(self.judge.found(x, self.names), 4)
        return {'distance': distance, 'found': found}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('folder')
    parser.add_argument('--lora', help='a file of distill.py')
    parser.add_argument('--unet', help='the U-Net of a run of full rank, instead of that of the folder')
    parser.add_argument('--method', choices=['tcd', 'lcm', 'dpmpp'], default='tcd')
    parser.add_argument('--evaluations', type=int, nargs='+', default=[1, 2, 4, 8])
    parser.add_argument('--gamma', type=float, nargs='+', default=[0])
    parser.add_argument('--guidance', type=float, default=1)
    parser.add_argument('--asked', action='store_true')
    parser.add_argument('--frechet', action='store_true', help='the Frechet distance of pictures of the 2,048 captions instead')
    parser.add_argument('--count', type=int, help='take the first so many only')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--seed', type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = options.device
    measures = json.load(open(f'{HERE}/judge/prompts.json'))
    names = [each['name'] for each in measures['prompts']] if options.asked else held_out_names()
    prompts = (measures['captions'] if options.frechet else [article(name.replace('-', ' ')) for name in names])[:options.count]
    text, tokenizer = CLIPTextModel.from_pretrained(f'{options.folder}/text_encoder'), CLIPTokenizer.from_pretrained(f'{options.folder}/tokenizer')
    context, empty = (contexts(text, tokenizer, each).to(device) for each in (prompts, ['']))
    unet = UNet2DConditionModel.from_pretrained(options.unet or f'{options.folder}/unet')
    if options.lora:
        state, alphas = StableDiffusionLoraLoaderMixin.lora_state_dict(options.lora)
        StableDiffusionLoraLoaderMixin.load_lora_into_unet(state, alphas, unet)
        unet.fuse_lora()
        unet.unload_lora()
    unet = unet.requires_grad_(False).to(device, memory_format=torch.channels_last)
    judge = Judge(options.folder, options.threads)
    noise = torch.randn(len(prompts), 4, 16, 16, generator=torch.Generator().manual_seed(options.seed + 4321)).to(device)

    def drawn(count, **step):
        parts = []
        for i, (x, asked) in enumerate(zip(noise.split(64), context.split(64))):
            predict = unguided(unet, asked, device)
            if options.guidance != 1:
                predict = guided(unet, asked, empty, torch.full((len(x),), options.guidance, device=device), device)
            parts.append(sample(predict, scheduler_of(options.method, options.folder), x, count, options.seed + i, **step))
        return torch.cat(parts)

    for gamma in options.gamma if options.method == 'tcd' else [None]:
        for count in options.evaluations:
            x = drawn(count, **({} if gamma is None else {'eta': gamma}))
            measured = {'frechet': round(judge.frechet(x), 4)} if options.frechet else {'found': round(judge.found(x, names[:len(prompts)]), 4)}
            print(json.dumps({'method': options.method, 'guidance': options.guidance, 'gamma': gamma, 'evaluations': count, 'pictures': len(prompts),
                              **measured, 'deviation': round(x.std().item(), 3)}), flush=True)


if __name__ == '__main__':
    main()
