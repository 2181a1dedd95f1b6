"""A grid of 32 prompts, to look at.

    python sample.py FOLDER grid.png [--guidance 7.5 --steps 25 --seed 0]

FOLDER is a diffusers folder; the scheduler is DPM-Solver++ under Karras' sigmas, good from ten steps on. Colours and things of
the last two rows go together in no picture of the training.
"""
import argparse

import numpy as np
import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline
from PIL import Image

PROMPTS = [
    'a red apple', 'a red heart', 'a dog face', 'a rocket', 'pizza', 'a green apple, fluent style', 'a blue heart', 'grinning face, noto style',
    'a cat, twemoji style', 'a sun', 'a tree', 'a fish', 'hamburger emoji', 'a car', 'a house, fluent style', 'a robot',
    'a blue apple', 'a purple cat face', 'a green strawberry', 'a pink frog', 'a blue banana', 'a red dolphin', 'a purple pig face', 'a green automobile',
    'a green fox', 'a pink crown', 'a blue rose', 'a red crocodile', 'a purple carrot', 'a yellow whale', 'a green octopus', 'a blue lion',
]
COLUMNS, SIDE, SCALE = 8, 64, 2

parser = argparse.ArgumentParser()
parser.add_argument('folder')
parser.add_argument('grid')
parser.add_argument('--guidance', type=float, default=7.5)
parser.add_argument('--steps', type=int, default=25)
parser.add_argument('--seed', type=int, default=0)
parser.add_argument('--threads', type=int, default=2)
options = parser.parse_args()
torch.set_num_threads(options.threads)
pipe = StableDiffusionPipeline.from_pretrained(options.folder, safety_checker=None)
pipe.set_progress_bar_config(disable=True)
pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config, use_karras_sigmas=True)
images = pipe(PROMPTS, num_inference_steps=options.steps, guidance_scale=options.guidance,
              generator=torch.Generator().manual_seed(options.seed), output_type='np').images
rows = np.stack(images).reshape(-1, COLUMNS, SIDE, SIDE, 3)
grid = rows.transpose(0, 2, 1, 3, 4).reshape(-1, COLUMNS * SIDE, 3)
picture = Image.fromarray((grid * 255).round().astype(np.uint8))
picture.resize((picture.width * SCALE, picture.height * SCALE), Image.NEAREST).save(options.grid)
