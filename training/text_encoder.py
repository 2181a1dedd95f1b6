"""Warms the text encoder up: from a caption, each token behind its end says what the mean latent of the picture is.

    python text_encoder.py        # items.json, latents.pt, out/tokenizer -> out/text_pre

The same command again starts afresh; it takes minutes. The U-Net's training goes on from here: without it the prompt is
ignored for long.
"""
import argparse
import json
import time

import torch
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from captions import captions

LENGTH, WIDTH = 32, 192

parser = argparse.ArgumentParser()
parser.add_argument('--out', default='out/text_pre')
parser.add_argument('--tokenizer', default='out/tokenizer')
parser.add_argument('--steps', type=int, default=2000)
parser.add_argument('--batch', type=int, default=128)
parser.add_argument('--rate', type=float, default=1e-3)
parser.add_argument('--threads', type=int, default=2)
parser.add_argument('--seed', type=int, default=1)
options = parser.parse_args()
torch.set_num_threads(options.threads)
torch.manual_seed(options.seed)

means = torch.load('latents.pt')['original'][0].float().flatten(1)
wanted = (means - means.mean(0)) / means.std()
tokenizer = CLIPTokenizer.from_pretrained(options.tokenizer)
texts = [captions(item) for item in json.load(open('items.json'))]
tokens = [tokenizer(each, padding='max_length', max_length=LENGTH, truncation=True, return_tensors='pt').input_ids for each in texts]
text = CLIPTextModel(CLIPTextConfig(
    vocab_size=len(tokenizer), hidden_size=WIDTH, intermediate_size=4 * WIDTH, projection_dim=WIDTH, num_hidden_layers=4,
    num_attention_heads=4, max_position_embeddings=LENGTH, hidden_act='quick_gelu', bos_token_id=tokenizer.bos_token_id,
    eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id))
for name, parameter in text.named_parameters():
    if 'embedding' in name:
        # CLIP's own 0.02 learns slowly at this width.
        nn.init.normal_(parameter, std=0.05)
head = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, wanted.shape[1]))
parameters = [*text.parameters(), *head.parameters()]
optimizer = torch.optim.AdamW(parameters, options.rate, betas=(0.9, 0.99), weight_decay=1e-3)

began, recent = time.time(), []
for step in range(options.steps):
    for group in optimizer.param_groups:
        group['lr'] = options.rate * min(1, (step + 1) / 100) * (1 - step / options.steps) + 1e-5
    pictures = torch.randint(len(tokens), (options.batch,)).tolist()
    ids = torch.stack([tokens[i][torch.randint(len(tokens[i]), ())] for i in pictures])
    with torch.autocast('cpu', dtype=torch.bfloat16):
        hidden = text(ids)[0]
    # A U-Net looks at all tokens, so every one from the end on has to know.
    end = (ids == tokenizer.eos_token_id).int().argmax(1)
    place = end + (torch.rand(options.batch) * (LENGTH - end)).long()
    loss = (head(hidden.float()[torch.arange(options.batch), place]) - wanted[pictures]).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    recent.append(loss.item())
    if (step + 1) % 100 == 0:
        print({'step': step + 1, 'loss': round(sum(recent[-100:]) / 100, 4), 'seconds': round(time.time() - began)}, flush=True)
text.save_pretrained(options.out)
