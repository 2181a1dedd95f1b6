"""Trained parts -> a Stable Diffusion folder that diffusers opens, in float16: half the size, and what ONNX files store.

    python assemble.py run/base/ninth FOLDER                                       # trained afresh: out/vae_norm, out/tokenizer
    python assemble.py run/layout/ninth FOLDER --start START --layout out/layout    # the rest is START's, where training started

Weights are rounded to float16 once, here. Configurations say float32, so that every reader computes in float32 on
exactly these numbers. The folder appears when it is complete.
"""
import argparse
import json
import os
import shutil

from safetensors.torch import load_file, save_file

SCHEDULER = {
    '_class_name': 'PNDMScheduler', '_diffusers_version': '0.42.1', 'beta_start': 0.00085, 'beta_end': 0.012,
    'beta_schedule': 'scaled_linear', 'num_train_timesteps': 1000, 'prediction_type': 'epsilon', 'set_alpha_to_one': False,
    'skip_prk_steps': True, 'steps_offset': 1, 'timestep_spacing': 'leading', 'trained_betas': None, 'clip_sample': False,
}
INDEX = {
    '_class_name': 'StableDiffusionPipeline', '_diffusers_version': '0.42.1', 'feature_extractor': [None, None],
    'image_encoder': [None, None], 'requires_safety_checker': False, 'safety_checker': [None, None],
    'scheduler': ['diffusers', 'PNDMScheduler'], 'text_encoder': ['transformers', 'CLIPTextModel'],
    'tokenizer': ['transformers', 'CLIPTokenizer'], 'unet': ['diffusers', 'UNet2DConditionModel'],
    'vae': ['diffusers', 'AutoencoderKL'],
}
FILES = {'tokenizer': ['merges.txt', 'special_tokens_map.json', 'tokenizer.json', 'tokenizer_config.json', 'vocab.json']}
WEIGHTS = {'unet': 'diffusion_pytorch_model', 'vae': 'diffusion_pytorch_model', 'text_encoder': 'model'}

parser = argparse.ArgumentParser()
parser.add_argument('trained', help='folder with unet/ and text_encoder/')
parser.add_argument('folder')
parser.add_argument('--start', help='diffusers folder that vae/ and tokenizer/ come from')
parser.add_argument('--vae', help='folder of the autoencoder, where it is not that of --start; out/vae_norm when trained afresh')
parser.add_argument('--layout', help='folder that layout.py wrote, whose linear map is kept for training on')
options = parser.parse_args()
if os.path.exists(options.folder):
    parser.error(f'{options.folder} is there already; remove it, or name another')
sources = {
    'unet': f'{options.trained}/unet', 'text_encoder': f'{options.trained}/text_encoder',
    'vae': options.vae or (f'{options.start}/vae' if options.start else 'out/vae_norm'),
    'tokenizer': f'{options.start}/tokenizer' if options.start else 'out/tokenizer',
}


def write_json(path, content, end=''):
    with open(path, 'w') as file:
        json.dump(content, file, indent=2)
        file.write(end)


def halved(tensors):
    """Rounded to float16. A number beyond its range would come out infinite."""
    out = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
    lost = [name for name, tensor in out.items() if tensor.is_floating_point() and not tensor.isfinite().all()]
    assert not lost, f'not finite in float16: {lost}'
    return out


partial = f'{options.folder}.partial'
shutil.rmtree(partial, ignore_errors=True)
for part, source in sources.items():
    os.makedirs(f'{partial}/{part}')
    for name in FILES.get(part, []):
        shutil.copyfile(f'{source}/{name}', f'{partial}/{part}/{name}')
    if part in WEIGHTS:
        config = json.load(open(f'{source}/config.json'))
        # Where it was loaded from says nothing about what it is.
        config.pop('_name_or_path', None)
        write_json(f'{partial}/{part}/config.json', config, end='\n')
        file = f'{WEIGHTS[part]}.safetensors'
        save_file(halved(load_file(f'{source}/{file}')), f'{partial}/{part}/{file}', metadata={'format': 'pt'})
if options.layout:
    shutil.copyfile(f'{options.layout}/layout.safetensors', f'{partial}/text_encoder/layout.safetensors')
os.makedirs(f'{partial}/scheduler')
write_json(f'{partial}/scheduler/scheduler_config.json', SCHEDULER)
write_json(f'{partial}/model_index.json', INDEX)
os.rename(partial, options.folder)
print(f'{options.folder}:', sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(options.folder) for f in fs) / 1e6, 'MB')
