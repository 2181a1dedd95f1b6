"""Makes prompts weaker in a U-Net's weights: a start for learning from a teacher with a part of its guidance.

    python soften.py START FOLDER --share 0.3

Each cross-attention's output o becomes o_0 + share (o - o_0), where o_0 is its mean for the empty prompt on noisy pictures. So
predictions with the empty prompt stay about as they are, and a prompt changes them less. FOLDER is a diffusers folder for
`unet.py --start FOLDER --teacher START`.
"""
import argparse
import shutil

import torch
from diffusers import UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from unet import PlainAttention, noised

parser = argparse.ArgumentParser()
parser.add_argument('start')
parser.add_argument('folder')
parser.add_argument('--share', type=float, default=0.3)
parser.add_argument('--pictures', type=int, default=256)
options = parser.parse_args()

random = torch.Generator().manual_seed(0)
latents = torch.load('latents.pt')['original']
chosen = torch.randint(len(latents), (options.pictures,), generator=random)
x0 = torch.stack([latents[index][0].float() for index in chosen.tolist()])
t = torch.randint(1000, (options.pictures,), generator=random)
x = noised(x0, t, torch.randn(x0.shape, generator=random))

tokenizer = CLIPTokenizer.from_pretrained(f'{options.start}/tokenizer')
text = CLIPTextModel.from_pretrained(f'{options.start}/text_encoder')
unet = UNet2DConditionModel.from_pretrained(f'{options.start}/unet')
unet.set_attn_processor(PlainAttention())
outputs = {}
for name, module in unet.named_modules():
    if name.endswith('attn2'):
        keep = lambda linear, inputs, _: outputs.update({linear: inputs[0].mean((0, 1))})
        module.to_out[0].register_forward_hook(keep)
with torch.no_grad():
    empty = text(tokenizer([''], padding='max_length', max_length=32, return_tensors='pt').input_ids)[0]
    unet(x, t, empty.expand(len(x), -1, -1))
    for linear, mean in outputs.items():
        linear.bias += (1 - options.share) * (linear.weight @ mean)
        linear.weight *= options.share

shutil.copytree(options.start, options.folder)
unet.save_pretrained(f'{options.folder}/unet')
print(f'{options.folder}: {len(outputs)} cross-attentions, share {options.share}')
