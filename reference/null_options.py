"""What a null means for each option of diffusers' schedulers: the value that makes the same run, or that there is no run.

    python null_options.py [data/null-options.json]
"""
import inspect
import json
import sys
import warnings

import diffusers
import torch
from diffusers.utils import logging

logging.set_verbosity_error()
warnings.simplefilter('ignore')

TABLE = {'beta_start': 0.00085, 'beta_end': 0.012, 'beta_schedule': 'scaled_linear'}
X = [1.5, -0.75, 0.25, -2.0]
CLASSES = [
    'DDIMScheduler', 'DDPMScheduler', 'PNDMScheduler', 'LCMScheduler', 'TCDScheduler', 'EulerDiscreteScheduler',
    'EulerAncestralDiscreteScheduler', 'HeunDiscreteScheduler', 'KDPM2DiscreteScheduler', 'KDPM2AncestralDiscreteScheduler',
    'LMSDiscreteScheduler', 'DPMSolverMultistepScheduler', 'DPMSolverSinglestepScheduler', 'DPMSolverSDEScheduler',
    'DEISMultistepScheduler', 'UniPCMultistepScheduler', 'SASolverScheduler',
]


def run(name, options):
    """None where it fails, or is not finite."""
    config = {'_class_name': name, **TABLE, **options}
    try:
        scheduler = getattr(diffusers, name).from_config(config)
        scheduler.set_timesteps(6)
        torch.manual_seed(0)
        x = torch.tensor(X).reshape(1, 1, 2, 2) * scheduler.init_noise_sigma
        told = []
        accepts = 'generator' in inspect.signature(scheduler.step).parameters
        extra = {'generator': torch.Generator().manual_seed(0)} if accepts else {}
        for t in scheduler.timesteps:
            told.append(float(t))
            scaled = scheduler.scale_model_input(x, t)
            x = scheduler.step(scaled / 2 + float(t) / 2000, t, x, **extra).prev_sample
    except Exception:
        return None
    return told + x.flatten().tolist() if torch.isfinite(x).all() else None


rows = []
for name in CLASSES:
    parameters = inspect.signature(getattr(diffusers, name).__init__).parameters.values()
    for parameter in parameters:
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD or parameter.name == 'self' or parameter.default is None:
            continue
        option, default = parameter.name, parameter.default
        null = run(name, {option: None})
        same = 'fails'
        if null is not None:
            candidates = [default, False, 0] if not isinstance(default, bool) else [False, True]
            same = next((value for value in candidates if run(name, {option: value}) == null), 'another')
            if isinstance(same, float) and same == float('-inf'):
                same = '-Infinity'
        rows.append({'class': name, 'option': option, 'null': same, 'default': default if default != float('-inf') else '-Infinity'})
target = sys.argv[1] if len(sys.argv) > 1 else 'data/null-options.json'
with open(target, 'w') as file:
    lines = ',\n'.join(f'    {json.dumps(row)}' for row in rows)
    file.write(f'{{\n  "source": "diffusers {diffusers.__version__}",\n  "options": [\n{lines}\n  ]\n}}\n')
