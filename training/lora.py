"""LoRA (arXiv 2106.09685) on the U-Net's weights while it is trained, and as a file that diffusers loads."""
import math

import torch
from diffusers import StableDiffusionPipeline
from torch import nn
from torch.nn.utils import parametrize

# The layers that LCM-LoRA and TCD's LoRA have: all but the first convolution, the last, and the embedding of the timestep.
LAYERS = ('to_q', 'to_k', 'to_v', 'to_out.0', 'proj_in', 'proj_out', 'ff.net.0.proj', 'ff.net.2', 'conv1', 'conv2',
          'conv_shortcut', 'downsamplers.0.conv', 'upsamplers.0.conv', 'time_emb_proj')


class LowRank(nn.Module):
    """W + up down, with `down` (rank, in * height * width) and `up` (out, rank); alpha is the rank, so that nothing scales them."""

    def __init__(self, weight, rank):
        super().__init__()
        rows, columns = weight.shape[0], weight[0].numel()
        rank = min(rank, rows, columns)
        self.down = nn.Parameter(torch.empty(rank, columns, device=weight.device))
        self.up = nn.Parameter(torch.zeros(rows, rank, device=weight.device))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, weight):
        change = self.up @ self.down
        return weight + change.view(weight.shape)


def layers(unet):
    return [(name, module) for name, module in unet.named_modules() if name.endswith(tuple('.' + each for each in LAYERS))]


def attach(unet, rank):
    """Freezes the U-Net but for a LoRA on each of its LAYERS, and returns those by layer."""
    unet.requires_grad_(False)
    for _, module in layers(unet):
        parametrize.register_parametrization(module, 'weight', LowRank(module.weight, rank), unsafe=True)
    return {name: module.parametrizations.weight[0] for name, module in layers(unet)}


def write(attached, shapes, folder, name):
    """The LoRA as `save_lora_weights` of diffusers writes it, in float16; `shapes` are those of the layers' weights."""
    found = {}
    for layer, lora in attached.items():
        down, up = lora.down.detach().cpu().half(), lora.up.detach().cpu().half()
        shape = shapes[layer]
        if len(shape) == 4:
            down, up = down.view(-1, *shape[1:]), up.view(*up.shape, 1, 1)
        found[f'{layer}.lora_A.weight'], found[f'{layer}.lora_B.weight'] = down.contiguous(), up.contiguous()
    StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=found, weight_name=name)
