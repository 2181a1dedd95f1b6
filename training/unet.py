"""Trains the U-Net, and the text encoder along with it, on the latents.

    python unet.py --run run/base --steps 4400 --optimizer adamw --recoloured 0          # afresh, after text_encoder.py
    python unet.py --run run/colour --start FOLDER --steps 3000                          # on from a diffusers folder

The same command again resumes from the run's last checkpoint. A file named STOP in the run's folder starts the final
cool-down early. The learning rate is planned on steps: warm-up, constant, then linear to zero over the cool-down.

The loss is that of velocity, (1/alpha_bar) * |epsilon error|^2, tamed by min-SNR: with min-SNR on epsilon alone the prompt
was ignored, since what a prompt decides is decided at high noise, where that weight is smallest.
"""
import argparse
import copy
import json
import os
import time

import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from captions import captions
from muon import Muon

parser = argparse.ArgumentParser()
parser.add_argument('--run', required=True, help='folder of the checkpoints, the log and the weights')
parser.add_argument('--start', help='diffusers folder to train on from')
parser.add_argument('--tokenizer', default='out/tokenizer')
parser.add_argument('--text', default='out/text_pre', help='the warmed-up text encoder, when training afresh')
parser.add_argument('--optimizer', choices=['muon', 'adamw'], default='muon')
parser.add_argument('--rate', type=float, default=4e-4)
parser.add_argument('--steps', type=int, default=3000)
parser.add_argument('--cooldown', type=int, default=800)
parser.add_argument('--batch', type=int, default=48)
parser.add_argument('--recoloured', type=float, default=0.45, help='share of recoloured pictures')
parser.add_argument('--probe', type=int, default=96, help='fixed pictures that the curve is measured on')
parser.add_argument('--every', type=int, default=50, help='steps from one checkpoint to the next')
parser.add_argument('--threads', type=int, default=2)
parser.add_argument('--compile', action='store_true', help='needs a C++ compiler and a minute; then a sixth faster')
parser.add_argument('--seed', type=int, default=0)
options = parser.parse_args()
torch.set_num_threads(options.threads)
torch.manual_seed(options.seed)
os.makedirs(options.run, exist_ok=True)

items = json.load(open('items.json'))
colours = json.load(open('recoloured.json'))
latents = torch.load('latents.pt')
tokenizer = CLIPTokenizer.from_pretrained(f'{options.start}/tokenizer' if options.start else options.tokenizer)


def tokens(texts):
    return tokenizer(texts, padding='max_length', max_length=32, truncation=True, return_tensors='pt').input_ids


# Rows of `table` are distinct captions; each kind of picture lists the rows that may describe it.
rows = {'': 0}
number = lambda texts: [rows.setdefault(text, len(rows)) for text in texts]
plain = [number(captions(item)) for item in items]
own = [None if colour is None else number(captions(item, colour)) for item, colour in zip(items, colours['own'])]
said = [number(captions(items[index], colour)) for index, colour in colours['recoloured']]
versions = {}
for picture, (index, _) in enumerate(colours['recoloured']):
    versions.setdefault(index, []).append(picture)
recoloured_originals = list(versions)
table = tokens(list(rows))

if options.start:
    unet = UNet2DConditionModel.from_pretrained(f'{options.start}/unet')
    text = CLIPTextModel.from_pretrained(f'{options.start}/text_encoder')
else:
    text = CLIPTextModel.from_pretrained(options.text)
    unet = UNet2DConditionModel(
        sample_size=16, in_channels=4, out_channels=4, layers_per_block=2, block_out_channels=(64, 128, 192), norm_num_groups=16,
        down_block_types=('CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'),
        up_block_types=('UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'), cross_attention_dim=192, attention_head_dim=4)


class PlainAttention:
    """Attention as products and a softmax in bfloat16: on a CPU 1.8 times the pace of torch's fused one, whose backward is slow."""

    def __call__(self, attention, hidden_states, encoder_hidden_states=None, attention_mask=None, **_):
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        split = lambda x: x.unflatten(-1, (attention.heads, -1)).transpose(1, 2)
        query, key, value = split(attention.to_q(hidden_states)), split(attention.to_k(context)), split(attention.to_v(context))
        scores = (query * query.shape[-1] ** -0.5) @ key.mT
        out = scores.softmax(-1, dtype=scores.dtype) @ value
        return attention.to_out[0](out.transpose(1, 2).flatten(2))


unet = unet.to(memory_format=torch.channels_last).train()
unet.set_attn_processor(PlainAttention())
text.train()
averages = {decay: (copy.deepcopy(unet), copy.deepcopy(text)) for decay in (0.998, 0.9995)}
named = list(unet.named_parameters()) + list(text.named_parameters())
parameters = [parameter for _, parameter in named]
matrix = lambda name, parameter: parameter.ndim > 1 and not any(part in name for part in ('embedding.', 'conv_in', 'conv_out'))
inner = [p for n, p in named if options.optimizer == 'muon' and matrix(n, p)]
outer = [p for n, p in named if not (options.optimizer == 'muon' and matrix(n, p))]
optimizers = [torch.optim.AdamW(outer, options.rate, betas=(0.9, 0.99), weight_decay=1e-3)]
if inner:
    optimizers.append(Muon(inner, options.rate, weight_decay=1e-2))

scheduler = DDPMScheduler(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule='scaled_linear')
alpha_bar = scheduler.alphas_cumprod
snr = alpha_bar / (1 - alpha_bar)
weights = (1 / alpha_bar).clamp(max=60) * (5 / snr).clamp(max=1)


def choose(count, random, share):
    """Latents, and rows of `table`: recoloured pictures at that share; an own colour is said in a quarter of the rest."""
    draw = lambda options_: options_[int(torch.randint(len(options_), (), generator=random))]
    chosen, captioned = [], []
    for _ in range(count):
        if torch.rand((), generator=random) < share:
            picture = draw(versions[draw(recoloured_originals)])
            mean, deviation, captions_ = latents['recoloured'][0][picture], latents['recoloured'][1][picture], said[picture]
        else:
            picture = draw(range(len(items)))
            mean, deviation, captions_ = latents['original'][0][picture], latents['original'][1][picture], plain[picture]
            if share > 0 and own[picture] is not None and torch.rand((), generator=random) < 0.25:
                captions_ = own[picture]
        chosen.append(mean.float() + deviation.float() * torch.randn(mean.shape, generator=random))
        captioned.append(draw(captions_))
    return torch.stack(chosen), torch.tensor(captioned)


def errors(unet, text, x0, captioned, t, noise):
    """The squared error on epsilon of each picture."""
    signal = alpha_bar[t].view(-1, 1, 1, 1)
    x = (signal.sqrt() * x0 + (1 - signal).sqrt() * noise).contiguous(memory_format=torch.channels_last)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        out = unet(x, t, text(table[captioned])[0], return_dict=False)[0]
    return (out.float() - noise).pow(2).mean((1, 2, 3))


def stratified(count, random):
    steps = (torch.arange(count) + torch.rand(count, generator=random)) / count * 1000
    return steps.long()[torch.randperm(count, generator=random)]


# Fixed pictures, captions and noise: a curve without the noise of the batches. Never used to choose a picture.
fixed = torch.Generator().manual_seed(12345)
probe = [choose(options.probe, fixed, share) + (stratified(options.probe, fixed), torch.randn(options.probe, 4, 16, 16, generator=fixed))
         for share in (0, 1)]


@torch.no_grad()
@torch.compiler.set_stance('force_eager')
def measure(unet, text):
    """Weighted loss on originals, on recoloured ones, and how much worse a wrong caption is at high noise."""
    losses = []
    for x0, captioned, t, noise in probe:
        losses.append((errors(unet, text, x0, captioned, t, noise) * weights[t]).mean().item())
    x0, captioned, t, noise = probe[0]
    high = 800 + t // 5
    right = errors(unet, text, x0, captioned, high, noise).mean().item()
    wrong = errors(unet, text, x0, captioned.roll(1), high, noise).mean().item()
    return [round(value, 5) for value in (*losses, wrong / right)]


def save(step, cooling):
    for decay, (unet_, text_) in averages.items():
        unet_.save_pretrained(f'{options.run}/ema{decay}/unet')
        text_.save_pretrained(f'{options.run}/ema{decay}/text_encoder')
    state = {'step': step, 'cooling': cooling, 'unet': unet.state_dict(), 'text': text.state_dict(),
             'optimizers': [o.state_dict() for o in optimizers],
             'averages': {d: (u.state_dict(), t.state_dict()) for d, (u, t) in averages.items()}}
    torch.save(state, f'{options.run}/state.new')
    os.replace(f'{options.run}/state.new', f'{options.run}/state.pt')


def log(**row):
    print(row, flush=True)
    with open(f'{options.run}/log.jsonl', 'a') as file:
        file.write(json.dumps(row) + '\n')


step, cooling = 0, options.steps - options.cooldown
if os.path.exists(f'{options.run}/state.pt'):
    state = torch.load(f'{options.run}/state.pt')
    step, cooling = state['step'], state['cooling']
    unet.load_state_dict(state['unet'])
    text.load_state_dict(state['text'])
    for optimizer, saved in zip(optimizers, state['optimizers']):
        optimizer.load_state_dict(saved)
    for decay, (unet_, text_) in averages.items():
        unet_.load_state_dict(state['averages'][decay][0])
        text_.load_state_dict(state['averages'][decay][1])
else:
    log(step=0, trained=measure(unet, text))
if options.compile:
    unet.compile(dynamic=False)
first, began, recent = step, time.time(), []
while step < cooling + options.cooldown:
    if os.path.exists(f'{options.run}/STOP') and step < cooling:
        cooling = step
        log(step=step, cooling=True)
    rate = options.rate * min(1, (step + 1) / 50, (cooling + options.cooldown - step) / options.cooldown)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group['lr'] = rate
    # Each step has its own seed, so that a resumed run sees what an unbroken one sees.
    random = torch.Generator().manual_seed(options.seed * 1_000_003 + step)
    x0, captioned = choose(options.batch, random, options.recoloured)
    captioned[torch.rand(options.batch, generator=random) < 0.1] = 0
    t = stratified(options.batch, random)
    noise = torch.randn(x0.shape, generator=random)
    loss = (errors(unet, text, x0, captioned, t, noise) * weights[t]).mean()
    for optimizer in optimizers:
        optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    for optimizer in optimizers:
        optimizer.step()
    step += 1
    with torch.no_grad():
        for decay, (unet_, text_) in averages.items():
            torch._foreach_lerp_(list(unet_.parameters()) + list(text_.parameters()), parameters, 1 - min(decay, (step + 1) / (step + 10)))
    recent.append(loss.item())
    if step % 20 == 0:
        pace = (step - first) * options.batch / (time.time() - began)
        log(step=step, loss=round(sum(recent[-20:]) / len(recent[-20:]), 4), rate=rate, pace=round(pace, 1))
    if step % options.every == 0:
        log(step=step, trained=measure(unet, text), averaged={d: measure(*pair) for d, pair in averages.items()})
        save(step, cooling)
save(step, cooling)
log(step=step, trained=measure(unet, text), averaged={d: measure(*pair) for d, pair in averages.items()})
