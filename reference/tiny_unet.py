"""A tiny U-Net of Stable Diffusion's kinds of blocks, with random weights, for tests of devices too slow for a real one.

    python tiny_unet.py ../test/fixtures/tiny-unet.onnx

Two levels of width 16, with self- and cross-attention in the middle; inputs and outputs as optimum names them.
"""
import sys

import onnx
import torch
from diffusers import UNet2DConditionModel

torch.manual_seed(0)
unet = UNet2DConditionModel(
    sample_size=8, in_channels=4, out_channels=4, block_out_channels=(16, 16), layers_per_block=1,
    down_block_types=('DownBlock2D', 'DownBlock2D'), up_block_types=('UpBlock2D', 'UpBlock2D'),
    norm_num_groups=8, attention_head_dim=4, cross_attention_dim=16,
).eval()
call = unet.forward
unet.forward = lambda sample, timestep, encoder_hidden_states: call(sample, timestep, encoder_hidden_states, return_dict=False)[0]
inputs = (torch.randn(2, 4, 8, 8), torch.tensor(500), torch.randn(2, 5, 16))
with torch.no_grad():
    torch.onnx.export(
        unet, inputs, sys.argv[1], input_names=['sample', 'timestep', 'encoder_hidden_states'], output_names=['out_sample'],
        dynamic_axes={'sample': {0: 'batch_size', 2: 'height', 3: 'width'},
                      'encoder_hidden_states': {0: 'batch_size', 1: 'sequence_length'},
                      'out_sample': {0: 'batch_size', 2: 'height', 3: 'width'}},
        opset_version=17, do_constant_folding=True, dynamo=False)
model = onnx.load(sys.argv[1])
for node in model.graph.node:
    node.doc_string = ''
    del node.metadata_props[:]
onnx.checker.check_model(model)
onnx.save(model, sys.argv[1])
