"""Trains the judge on the renders and their recolourings, freezes it and exports it.

    python train.py        # in the folder of images.u8 and recoloured.u8 -> judge.onnx, names.json

The same command again goes on from the last checkpoint. `evaluate.py` says how good the judge is.
"""
import argparse
import json
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from transformers import CLIPTokenizer

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(here))
from model import COLOURS, Frozen, ImageTower, TextTower  # noqa: E402
from recolour import stem  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument('--steps', type=int, default=1500)
parser.add_argument('--batch', type=int, default=128)
parser.add_argument('--rate', type=float, default=3e-3)
parser.add_argument('--tokenizer', default='out/tokenizer')
parser.add_argument('--checkpoint', default='judge.pt')
parser.add_argument('--out', default=here, help='folder of judge.onnx, names.json and log.jsonl')
options = parser.parse_args()
torch.manual_seed(3)
torch.set_num_threads(2)

items = json.load(open('items.json'))
recolouring = json.load(open('recoloured.json'))
images = np.fromfile('images.u8', np.uint8).reshape(-1, 64, 64, 3)
recoloured = np.fromfile('recoloured.u8', np.uint8).reshape(-1, 64, 64, 3)
names = sorted({item['name'] for item in items})
name_of = torch.tensor([names.index(item['name']) for item in items])
stems = [stem(name) for name in names]
# Names that differ in colour only: a recoloured picture may be any of them.
alike = torch.tensor([[a == b for b in stems] for a in stems])
colour_of = torch.tensor([COLOURS.index(colour) if colour else -1 for colour in recolouring['own']])
original_of = torch.tensor([index for index, _ in recolouring['recoloured']])
new_colour = torch.tensor([COLOURS.index(colour) for _, colour in recolouring['recoloured']])

tokenizer = CLIPTokenizer.from_pretrained(options.tokenizer)


def tokens(texts):
    """Token numbers plus one, without start and end; zero is none."""
    ids = [tokenizer(text, add_special_tokens=False).input_ids for text in texts]
    return torch.tensor([[i + 1 for i in row] + [0] * (32 - len(row)) for row in ids])


name_tokens, colour_tokens = tokens([name.replace('-', ' ') for name in names]), tokens(COLOURS)


def augment(pixels):
    """Moves, turns, scales, bends, blurs, dims and dirties: a drawn picture is rarely as clean as a render."""
    count = len(pixels)
    uniform = lambda low, high, *shape: torch.rand(count, *shape) * (high - low) + low
    angle, scale = uniform(-0.2, 0.2), uniform(0.9, 1.3)
    cos, sin = angle.cos() * scale, angle.sin() * scale
    moves = torch.stack([cos, -sin, uniform(-0.15, 0.15), sin, cos * uniform(0.9, 1.1), uniform(-0.15, 0.15)], 1).view(count, 2, 3)
    grid = F.affine_grid(moves, pixels.shape, align_corners=False)
    bend = F.interpolate(torch.randn(count, 2, 6, 6), size=64, mode='bicubic') * uniform(0, 0.06, 1, 1, 1)
    # Outside is white: shift so that the zeros of the padding are.
    moved = F.grid_sample(pixels - 1, grid + bend.permute(0, 2, 3, 1), align_corners=False) + 1
    small = F.interpolate(F.interpolate(moved, scale_factor=0.5, mode='area'), size=64, mode='bilinear')
    blur = uniform(-0.6, 1, 1, 1, 1).clamp(min=0)
    moved = moved + blur * (small - moved)
    coarse = F.interpolate(torch.randn(count, 3, 16, 16), size=64, mode='bilinear')
    dirt = (coarse + torch.randn(count, 3, 64, 64)) * uniform(0, 0.12, 1, 1, 1)
    return (moved * uniform(0.85, 1.1, 1, 1, 1) + uniform(-0.1, 0.1, 1, 1, 1) + dirt).clamp(-1, 1)


def pixels_of(pictures):
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1


image, text = ImageTower(), TextTower(len(tokenizer))
image = image.to(memory_format=torch.channels_last)
scale = torch.nn.Parameter(torch.tensor(3.0))  # logarithm of the inverse temperature
optimizer = torch.optim.AdamW([*image.parameters(), *text.parameters(), scale], options.rate, betas=(0.9, 0.98), weight_decay=0.05)
start = 0
if os.path.exists(options.checkpoint):
    state = torch.load(options.checkpoint)
    start = state['step']
    image.load_state_dict(state['image'])
    text.load_state_dict(state['text'])
    scale.data = state['scale']
    optimizer.load_state_dict(state['optimizer'])
began, recent = time.time(), []
for step in range(start, options.steps):
    torch.manual_seed(step)
    for group in optimizer.param_groups:
        group['lr'] = options.rate * min(1, (step + 1) / 100) * (1 - step / options.steps) + 1e-6
    half = options.batch // 2
    plain = torch.randint(len(items), (half,))
    turned = torch.randint(len(recoloured), (options.batch - half,))
    pixels = pixels_of(np.concatenate([images[plain], recoloured[turned]]))
    wanted = torch.zeros(options.batch, len(names), dtype=torch.bool)
    wanted[torch.arange(half), name_of[plain]] = True
    wanted[half:] = alike[name_of[original_of[turned]]]
    colour = torch.cat([colour_of[plain], new_colour[turned]])
    _, embedding = image(augment(pixels).contiguous(memory_format=torch.channels_last))
    heat = scale.exp().clamp(max=100)
    scores = heat * embedding @ text(name_tokens).T
    matching = (scores.logsumexp(1) - scores.masked_fill(~wanted, -torch.inf).logsumexp(1)).mean()
    colouring = F.cross_entropy(heat * embedding @ text(colour_tokens).T, colour, ignore_index=-1)
    loss = matching + 0.3 * colouring
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    recent.append((matching.item(), colouring.item()))
    if (step + 1) % 50 == 0:
        lately = np.mean(recent[-50:], 0).round(3).tolist()
        row = {'step': step + 1, 'names': lately[0], 'colours': lately[1],
               'pace': round((step + 1 - start) * options.batch / (time.time() - began))}
        print(row, flush=True)
        with open(f'{options.out}/log.jsonl', 'a') as file:
            file.write(json.dumps(row) + '\n')
    if (step + 1) % 200 == 0:
        torch.save({'step': step + 1, 'image': image.state_dict(), 'text': text.state_dict(), 'scale': scale.data,
                    'optimizer': optimizer.state_dict()}, options.checkpoint)

image.eval()
with torch.no_grad():
    frozen = Frozen(image, text(name_tokens), text(colour_tokens), scale.exp().clamp(max=100)).eval()
torch.onnx.export(frozen, (torch.zeros(2, 3, 64, 64),), f'{options.out}/judge.onnx', input_names=['pixels'],
                  output_names=['features', 'names', 'colours'], opset_version=17, dynamo=False,
                  dynamic_axes={name: {0: 'count'} for name in ('pixels', 'features', 'names', 'colours')})
with open(f'{options.out}/names.json', 'w') as file:
    json.dump({'names': names, 'nouns': stems, 'colours': COLOURS}, file, indent=0)
    file.write('\n')
