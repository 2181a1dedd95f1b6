"""Puts trained weights into a Stable Diffusion folder that diffusers opens, rounded to what float16 holds exactly.

    python assemble.py START run/colour/ema0.9995 FOLDER

Everything but the U-Net and the text encoder comes from START, the folder that training started from.
"""
import glob
import shutil
import sys

from safetensors.torch import load_file, save_file

start, trained, target = sys.argv[1:4]
for part in ('vae', 'tokenizer', 'scheduler'):
    shutil.copytree(f'{start}/{part}', f'{target}/{part}')
shutil.copy(f'{start}/model_index.json', target)
for part in ('unet', 'text_encoder'):
    shutil.copytree(f'{trained}/{part}', f'{target}/{part}')
for file in glob.glob(f'{target}/*/*.safetensors'):
    rounded = {name: tensor.half().float() if tensor.is_floating_point() else tensor for name, tensor in load_file(file).items()}
    save_file(rounded, file, metadata={'format': 'pt'})
