"""The embedded model's pictures in Python, for pictures.ts to time beside its own: one picture for each line of standard input.

    python pictures.py torch FOLDER          # FOLDER: the model as diffusers saves it
    python pictures.py onnxruntime FOLDER    # FOLDER: the same in ONNX; the scheduler is diffusers'

Each answer is a line: the seconds of one picture, 25 steps at guidance 7.5, from the prompt to 8-bit pixels.
"""
import json
import os
import sys
import time

import numpy as np
import torch
from diffusers import PNDMScheduler, StableDiffusionPipeline
from transformers import CLIPTokenizer

STEPS, GUIDANCE, PROMPT = 25, 7.5, 'a red apple'
kind, folder = sys.argv[1], sys.argv[2]
torch.set_num_threads(os.cpu_count())


def with_torch():
    pipe = StableDiffusionPipeline.from_pretrained(folder, safety_checker=None)
    pipe.set_progress_bar_config(disable=True)

    def draw(seed):
        generator = torch.Generator().manual_seed(seed)
        image = pipe(PROMPT, num_inference_steps=STEPS, guidance_scale=GUIDANCE, generator=generator, output_type='np').images[0]
        return (image * 255).round().astype(np.uint8)
    return draw


def with_onnxruntime():
    import onnxruntime
    text, unet, decoder = (onnxruntime.InferenceSession(f'{folder}/{part}/model.onnx', providers=['CPUExecutionProvider'])
                           for part in ('text_encoder', 'unet', 'vae_decoder'))
    tokenizer = CLIPTokenizer.from_pretrained(f'{folder}/tokenizer')
    scheduler = PNDMScheduler.from_pretrained(f'{folder}/scheduler')
    scaling = json.load(open(f'{folder}/vae_decoder/config.json'))['scaling_factor']

    @torch.no_grad()
    def draw(seed):
        ids = tokenizer(['', PROMPT], padding='max_length', truncation=True, return_tensors='np').input_ids
        states = text.run(['last_hidden_state'], {'input_ids': ids.astype(np.int32)})[0]
        scheduler.set_timesteps(STEPS)
        x = torch.randn((1, 4, 16, 16), generator=torch.Generator().manual_seed(seed)) * scheduler.init_noise_sigma
        for t in scheduler.timesteps:
            feeds = {'sample': torch.cat([x, x]).numpy(), 'timestep': np.array(int(t), np.int64), 'encoder_hidden_states': states}
            without, with_prompt = torch.from_numpy(unet.run(['out_sample'], feeds)[0]).chunk(2)
            x = scheduler.step(without + GUIDANCE * (with_prompt - without), t, x).prev_sample
        image = decoder.run(['sample'], {'latent_sample': (x / scaling).numpy()})[0][0]
        return ((image / 2 + 0.5).clip(0, 1) * 255).round().astype(np.uint8).transpose(1, 2, 0)
    return draw


draw = {'torch': with_torch, 'onnxruntime': with_onnxruntime}[kind]()
print('ready', flush=True)
for line in sys.stdin:
    began = time.perf_counter()
    draw(7)
    print(time.perf_counter() - began, flush=True)
