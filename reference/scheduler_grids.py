"""Timesteps, sigmas and starting noise of diffusers' schedulers, for the embedded model's configuration.

    python scheduler_grids.py CONFIG.json data/scheduler-grids.json
"""
import json
import sys

import diffusers

source, target = sys.argv[1], sys.argv[2]
config = json.load(open(source))
CLASSES = {
    'pndm': 'PNDMScheduler', 'ddim': 'DDIMScheduler', 'euler': 'EulerDiscreteScheduler',
    'euler-ancestral': 'EulerAncestralDiscreteScheduler', 'heun': 'HeunDiscreteScheduler', 'dpmpp-2m': 'DPMSolverMultistepScheduler',
}
OPTIONS = [{'timestep_spacing': s} for s in ('leading', 'trailing', 'linspace')]
OPTIONS += [{'use_karras_sigmas': True}, {'use_exponential_sigmas': True}, {'use_karras_sigmas': True, 'timestep_spacing': 'trailing'}]
rows = []
for name, cls in CLASSES.items():
    for options in OPTIONS:
        if 'timestep_spacing' not in options and name in ('pndm', 'ddim', 'euler-ancestral'):
            continue
        if len(options) == 2 and name in ('pndm', 'ddim', 'euler-ancestral'):
            continue
        for steps in (1, 2, 5, 10, 25, 30):
            if steps == 1 and (options.get('timestep_spacing') == 'linspace' or len(options) != 1 or 'timestep_spacing' not in options):
                continue
            s = getattr(diffusers, cls).from_config(config | options)
            s.set_timesteps(steps)
            row = dict(solver=name, options=options, steps=steps, timesteps=[float(t) for t in s.timesteps], initial=float(s.init_noise_sigma))
            if hasattr(s, 'sigmas'):
                row['sigmas'] = [float(x) for x in s.sigmas]
            else:
                row['alphas_cumprod'] = [float(s.alphas_cumprod[int(t)]) for t in s.timesteps] + [float(s.final_alpha_cumprod)]
            rows.append(row)
json.dump(dict(diffusers=diffusers.__version__, config=config, rows=rows), open(target, 'w'))
print(len(rows))
