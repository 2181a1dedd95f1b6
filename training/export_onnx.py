"""A Stable Diffusion folder as diffusers saves it -> ONNX in the layout that optimum writes.

    python export_onnx.py FOLDER ../packages/model-emoji/model [--timestep float32]

Timesteps are int64 by default, as optimum has them: whoever samples between whole timesteps is told the whole part. With
float32 the U-Net is told them as they are, as diffusers does on torch.

Weights are stored as float16 and widened by a Cast that ONNX Runtime folds when it loads the file. That loses nothing
here: every weight is exactly representable in float16, and the script fails where one is not.
"""
import argparse
import json
import os
import shutil

import numpy as np
import onnx
import onnxruntime
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from onnx import TensorProto, helper, numpy_helper
from transformers import CLIPTextModel

parser = argparse.ArgumentParser()
parser.add_argument('source', help='diffusers folder')
parser.add_argument('target')
parser.add_argument('--timestep', choices=['int64', 'float32'], default='int64')
options = parser.parse_args()
source, target = options.source, options.target
timestep = torch.tensor(500) if options.timestep == 'int64' else torch.tensor(500.3)
torch.manual_seed(0)
torch.set_num_threads(2)


def export(module, forward, inputs, names, outputs, axes, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    module = module.eval()
    module.forward = forward
    with torch.no_grad():
        torch.onnx.export(module, inputs, path, input_names=names, output_names=outputs, dynamic_axes=axes,
                          opset_version=17, do_constant_folding=True, dynamo=False)
    model = onnx.load(path)
    halve(model)
    for node in model.graph.node:
        node.doc_string = ''
        del node.metadata_props[:]
    model.doc_string = model.graph.doc_string = ''
    onnx.checker.check_model(model)
    onnx.save(model, path)
    with torch.no_grad():
        expected = module(*inputs)
    expected = expected if isinstance(expected, tuple) else (expected,)
    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    given = {n: x.numpy() for n, x in zip(names, inputs)}
    for name, wanted, got in zip(outputs, expected, session.run(outputs, given)):
        error = float(np.abs(wanted.numpy() - got).max())
        print(f'{path}: {name} {got.shape} differs from torch by at most {error:.1e}')
        assert error < 2e-4, 'the export differs from torch'


def halve(model):
    """Stores float32 initializers as float16, each widened by a Cast node of its old name."""
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT:
            continue
        wide = numpy_helper.to_array(tensor)
        half = wide.astype(np.float16)
        if wide.size < 64:
            continue
        assert np.array_equal(half.astype(np.float32), wide), f'{tensor.name} is not exact in float16'
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(half, name + '.float16'))
        casts.append(helper.make_node('Cast', [name + '.float16'], [name], name=name + '.widen', to=TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)


unet = UNet2DConditionModel.from_pretrained(f'{source}/unet')
call = unet.forward
latent = torch.randn(2, 4, 16, 16)
width = unet.config.cross_attention_dim
export(unet, lambda sample, timestep, encoder_hidden_states: call(sample, timestep, encoder_hidden_states, return_dict=False)[0],
       (latent, timestep, torch.randn(2, 32, width)), ['sample', 'timestep', 'encoder_hidden_states'], ['out_sample'],
       {'sample': {0: 'batch_size', 2: 'height', 3: 'width'}, 'encoder_hidden_states': {0: 'batch_size', 1: 'sequence_length'},
        'out_sample': {0: 'batch_size', 2: 'height', 3: 'width'}}, f'{target}/unet/model.onnx')

vae = AutoencoderKL.from_pretrained(f'{source}/vae')
export(vae, lambda latent_sample: vae.decode(latent_sample, return_dict=False)[0], (latent,), ['latent_sample'], ['sample'],
       {'latent_sample': {0: 'batch_size', 2: 'height_latent', 3: 'width_latent'}, 'sample': {0: 'batch_size', 2: 'height', 3: 'width'}},
       f'{target}/vae_decoder/model.onnx')
vae = AutoencoderKL.from_pretrained(f'{source}/vae')
export(vae, lambda sample: vae.encode(sample, return_dict=False)[0].parameters, (torch.randn(2, 3, 64, 64),), ['sample'], ['latent_parameters'],
       {'sample': {0: 'batch_size', 2: 'height', 3: 'width'}, 'latent_parameters': {0: 'batch_size', 2: 'height_latent', 3: 'width_latent'}},
       f'{target}/vae_encoder/model.onnx')

text = CLIPTextModel.from_pretrained(f'{source}/text_encoder', attn_implementation='eager')
encode = text.forward
ids = torch.tensor([[2265, 320, 321] + [2266] * 29, [2265] + [2266] * 31], dtype=torch.int32)


def text_forward(input_ids):
    out = encode(input_ids=input_ids)
    return out.last_hidden_state, out.pooler_output


export(text, text_forward, (ids,), ['input_ids'], ['last_hidden_state', 'pooler_output'],
       {'input_ids': {0: 'batch_size', 1: 'sequence_length'}, 'last_hidden_state': {0: 'batch_size', 1: 'sequence_length'},
        'pooler_output': {0: 'batch_size'}}, f'{target}/text_encoder/model.onnx')

for part, to in (('unet', ['unet']), ('vae', ['vae_decoder', 'vae_encoder']), ('text_encoder', ['text_encoder'])):
    for folder in to:
        shutil.copy(f'{source}/{part}/config.json', f'{target}/{folder}/config.json')
for folder in ('tokenizer', 'scheduler'):
    shutil.copytree(f'{source}/{folder}', f'{target}/{folder}', dirs_exist_ok=True)
index = json.load(open(f'{source}/model_index.json'))
json.dump(index, open(f'{target}/model_index.json', 'w'), indent=2)
print(sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(target) for f in fs) / 1e6, 'MB')
