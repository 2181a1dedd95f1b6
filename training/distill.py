"""Distills a guided teacher into a student of a few evaluations, from the trajectories of `trajectories.py`.

    python distill.py --run run/tcd --start START --trajectories trajectories --method tcd --rank 16 --steps 3000
    python distill.py --run run/lcm --start START --trajectories trajectories --method lcm --rank 16 --minutes 60
    python distill.py --run run/full --start START --trajectories trajectories --rank full --device cuda --minutes 9

TCD (arXiv 2402.19159): f(x_t, t, s) solves the probability flow from timestep t to s in one step that takes the student's guess of
the clean latents as constant, f = (sigma_s / sigma_t) x_t + alpha_s (1 - e^-h) x_0(x_t, t), h the growth of the half log-SNR: DDIM's step.
It is to be the same from two points of one trajectory, for s drawn at random from 0 to the lower one:

    | f(x_t, t, s) - f_ema(x_t', t', s) |,    x_t' = the teacher's solver from x_t, guided, `--skip` intervals of the trajectory on

where f_ema is of the student's moving average, and at t' = 0 the point itself. LCM (arXiv 2310.04378) has s = 0 always, and the boundary's c_skip and c_out.
The distance is the pseudo-Huber one of both papers. The student is asked without guidance.

The same command again resumes from the run's last checkpoint, exactly: each step has its own seed. `--minutes` plans by time: after
that share of them that the cool-down leaves, the rate falls to zero over as many steps as belong to the rest; a file STOP in the run's folder
does the same at once. `checkpoint.*` are of 15 MB at most each.
"""
import argparse
import copy
import glob
import io
import json
import os
import time

import torch
from diffusers import UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

import lora
from few import Probe
from muon import Muon
from trajectories import contexts
from unet import PlainAttention, alpha_bar, is_matrix

PIECE = 15_000_000
# Of LCM's boundary condition: the deviation of the data, and what timesteps are multiplied with.
SIGMA_DATA, SCALING = 0.5, 10


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument('--run', required=True, help='folder of the checkpoint, the log and the weights')
    parser.add_argument('--start', required=True, help='diffusers folder: the teacher, whose weights the student starts from')
    parser.add_argument('--trajectories', required=True)
    parser.add_argument('--method', choices=['tcd', 'lcm'], default='tcd')
    parser.add_argument('--rank', default='16', help='of the LoRA, or full: the whole U-Net is trained')
    parser.add_argument('--skip', type=int, default=3, help='intervals of a trajectory from a point to its target')
    parser.add_argument('--rate', type=float, default=2e-3)
    parser.add_argument('--batch', type=int, default=16)
    parser.add_argument('--average', type=float, default=0.95, help='what the moving average keeps in a step')
    parser.add_argument('--huber', type=float, default=0.001)
    parser.add_argument('--steps', type=int, default=3000)
    parser.add_argument('--minutes', type=float, help='end after so many minutes, all resumed ones together, instead of --steps')
    parser.add_argument('--cooldown', type=float, default=0.3, help='share of the run in which the rate falls to zero')
    parser.add_argument('--probe', type=int, default=32, help='held-out prompts that are measured')
    parser.add_argument('--every', type=int, default=50, help='steps from one measure to the next')
    parser.add_argument('--save', type=float, default=4, help='minutes from one checkpoint to the next')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--compile', action='store_true')
    parser.add_argument('--seed', type=int, default=0)
    return parser.parse_args()


class Trajectories:
    """Pieces of trajectories; a point of one is a row, the number of the point and its timestep."""

    def __init__(self, folder, text, tokenizer):
        self.pieces = sorted(glob.glob(f'{folder}/*.pt'))
        assert self.pieces, f'no trajectories in {folder}: run trajectories.py first'
        loaded = [torch.load(piece) for piece in self.pieces]
        self.latents, self.times, self.first = (torch.cat([each[name] for each in loaded]) for name in ('latents', 'times', 'first'))
        self.times, self.first = self.times.long(), self.first.long()
        prompts = [prompt for each in loaded for prompt in each['prompts']]
        numbers = {prompt: i for i, prompt in enumerate(dict.fromkeys(prompts))}
        self.prompt = torch.tensor([numbers[prompt] for prompt in prompts])
        self.contexts = contexts(text, tokenizer, list(numbers)).half()

    def choose(self, count, skip, random):
        """Points, their targets `skip` on (or the end), their timesteps, and the prompts; stratified over the trajectories' length."""
        last = self.times.shape[1] - 1
        row = torch.randint(len(self.latents), (count,), generator=random)
        share = (torch.arange(count) + torch.rand(count, generator=random)) / count
        share = share[torch.randperm(count, generator=random)]
        begin = (self.first[row] + share * (last - self.first[row])).long().clamp(max=last - 1)
        end = (begin + skip).clamp(max=last)
        return (self.latents[row, begin].float(), self.latents[row, end].float(), self.times[row, begin], self.times[row, end],
                self.contexts[self.prompt[row]].float())


class Flow:
    """f(x, t, s) from a prediction of the noise."""

    def __init__(self, method, device):
        self.method = method
        self.alpha, self.sigma = (each.float().to(device) for each in (alpha_bar.double().sqrt(), (1 - alpha_bar.double()).sqrt()))

    def __call__(self, x, noise, t, s):
        column = lambda values: values.view(-1, 1, 1, 1)
        clean = (x - column(self.sigma[t]) * noise) / column(self.alpha[t])
        if self.method == 'tcd':
            return column(self.alpha[s]) * clean + column(self.sigma[s]) * noise
        scaled = column(t * SCALING)
        norm = scaled ** 2 + SIGMA_DATA ** 2
        return SIGMA_DATA ** 2 / norm * x + scaled / norm ** 0.5 * clean


def huber(difference, c):
    return ((difference ** 2 + c ** 2).sqrt() - c).mean()


def write_pieces(state, path):
    """The checkpoint, cut so that no file is larger than PIECE, and none is half-written: the first says how many there are."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    data = buffer.getvalue()
    parts = [data[i:i + PIECE] for i in range(0, len(data), PIECE)]
    generation = str(time.time_ns())
    for i, part in enumerate(parts):
        with open(f'{path}.{generation}.{i}', 'wb') as file:
            file.write(part)
    with open(f'{path}.new', 'w') as file:
        json.dump({'generation': generation, 'parts': len(parts)}, file)
    os.replace(f'{path}.new', f'{path}.json')
    for old in glob.glob(f'{path}.*.*'):
        if f'.{generation}.' not in old:
            os.remove(old)


def read_pieces(path):
    index = json.load(open(f'{path}.json'))
    data = b''.join(open(f'{path}.{index["generation"]}.{i}', 'rb').read() for i in range(index['parts']))
    return torch.load(io.BytesIO(data))


def network(options):
    unet = UNet2DConditionModel.from_pretrained(f'{options.start}/unet').to(options.device, memory_format=torch.channels_last)
    shapes = {name: tuple(module.weight.shape) for name, module in lora.layers(unet)}
    attached = None if options.rank == 'full' else lora.attach(unet, int(options.rank))
    return unet.train(), attached, shapes


def optimizers_of(options, trained):
    """Matrices of the whole U-Net by Muon, the rest and a LoRA's by AdamW."""
    matrices = [p for name, p in trained if options.rank == 'full' and is_matrix(name, p)]
    others = [p for name, p in trained if not (options.rank == 'full' and is_matrix(name, p))]
    found = [torch.optim.AdamW(others, options.rate, betas=(0.9, 0.99), weight_decay=0)]
    return found + [Muon(matrices, options.rate)] if matrices else found


def main():
    options = parse()
    os.makedirs(options.run, exist_ok=True)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    device = options.device
    tokenizer = CLIPTokenizer.from_pretrained(f'{options.start}/tokenizer')
    text = CLIPTextModel.from_pretrained(f'{options.start}/text_encoder')
    trajectories = Trajectories(options.trajectories, text, tokenizer)
    unet, attached, shapes = network(options)
    average = copy.deepcopy(unet).requires_grad_(False)
    if device == 'cpu':
        unet.set_attn_processor(PlainAttention())
    trained = [(name, p) for name, p in unet.named_parameters() if p.requires_grad]
    kept = dict(average.named_parameters())
    kept = [kept[name] for name, _ in trained]
    parameters = [p for _, p in trained]
    optimizers = optimizers_of(options, trained)
    flow = Flow(options.method, device)
    probe = Probe(options.start, text, tokenizer, options.run, options.probe, device)
    step, cooling, spent, steps = 0, None, 0.0, options.steps
    if options.minutes is None:
        cooling = round(steps * (1 - options.cooldown))

    def log(**row):
        print(row, flush=True)
        with open(f'{options.run}/log.jsonl', 'a') as file:
            file.write(json.dumps(row) + '\n')

    def elapsed():
        return spent + time.time() - began

    def measure():
        log(step=step, minutes=round(elapsed() / 60, 2), **probe.measure(average, options.method))

    def save():
        state = {'step': step, 'cooling': cooling, 'steps': steps, 'spent': elapsed(), 'pieces': trajectories.pieces,
                 'trained': [p.detach() for p in parameters], 'average': kept, 'optimizers': [each.state_dict() for each in optimizers]}
        write_pieces(state, f'{options.run}/checkpoint')
        if attached is None:
            unet.save_pretrained(f'{options.run}/unet')
        else:
            lora.write(attached, shapes, options.run, f'{options.method}.safetensors')

    began = time.time()
    if os.path.exists(f'{options.run}/checkpoint.json'):
        state = read_pieces(f'{options.run}/checkpoint')
        step, cooling, steps, spent = (state[name] for name in ('step', 'cooling', 'steps', 'spent'))
        if options.minutes is None and steps != options.steps and step < cooling:
            steps, cooling = options.steps, round(options.steps * (1 - options.cooldown))
        with torch.no_grad():
            for now, then in (*zip(parameters, state['trained']), *zip(kept, state['average'])):
                now.copy_(then)
        for optimizer, saved in zip(optimizers, state['optimizers']):
            optimizer.load_state_dict(saved)
        # With other trajectories than before a run is no longer what an unbroken one would be, which the log then shows.
        log(step=step, resumed=True, points=len(trajectories.latents), same=state['pieces'] == trajectories.pieces)
    else:
        log(step=0, options=vars(options), weights=sum(p.numel() for p in parameters), points=len(trajectories.latents))
        measure()
    if options.compile:
        unet.compile(dynamic=False)
        average.compile(dynamic=False)
    saved, recent = time.time(), []
    while cooling is None or step < steps:
        if cooling is None or step < cooling:
            over = options.minutes is not None and elapsed() > options.minutes * 60 * (1 - options.cooldown)
            if over or os.path.exists(f'{options.run}/STOP'):
                cooling, steps = step, max(step + 1, round(step / (1 - options.cooldown)))
                log(step=step, cooling=True, steps=steps)
        falling = 1 if cooling is None else (steps - step) / max(1, steps - cooling)
        rate = options.rate * min(1, (step + 1) / 30, falling)
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group['lr'] = rate
        random = torch.Generator().manual_seed(options.seed * 1_000_003 + step)
        x, x_next, t, t_next, context = trajectories.choose(options.batch, options.skip, random)
        s = (torch.rand(options.batch, generator=random) * (t_next + 1)).long() if options.method == 'tcd' else torch.zeros_like(t)
        x, x_next, t, t_next, s, context = (each.to(device) for each in (x, x_next, t, t_next, s, context))
        x, x_next = (each.contiguous(memory_format=torch.channels_last) for each in (x, x_next))
        with torch.autocast(device, dtype=torch.bfloat16):
            with torch.no_grad():
                noise = average(x_next, t_next, context, return_dict=False)[0].float()
            goal = torch.where((t_next == 0).view(-1, 1, 1, 1), x_next, flow(x_next, noise, t_next, s))
            noise = unet(x, t, context, return_dict=False)[0].float()
        loss = huber(flow(x, noise, t, s) - goal, options.huber)
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        for optimizer in optimizers:
            optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(kept, parameters, 1 - options.average)
        step += 1
        recent.append(loss.item())
        if step % 20 == 0:
            log(step=step, loss=round(sum(recent) / len(recent), 5), rate=rate, minutes=round(elapsed() / 60, 2))
            recent = []
        if step % options.every == 0:
            measure()
        if time.time() - saved > options.save * 60:
            save()
            saved = time.time()
    save()
    measure()


if __name__ == '__main__':
    main()
