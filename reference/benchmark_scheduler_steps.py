"""Microseconds for one `scheduler.step` of diffusers on 4x64x64 latents, one thread; beside `npx -y pnpm@12 bench`."""
import statistics
import time

import diffusers
import torch

torch.set_num_threads(1)
x, noise = torch.randn(1, 4, 64, 64), torch.randn(1, 4, 64, 64)
for name in ('EulerDiscreteScheduler', 'DDIMScheduler', 'DPMSolverMultistepScheduler', 'PNDMScheduler', 'HeunDiscreteScheduler',
             'EulerAncestralDiscreteScheduler', 'DEISMultistepScheduler', 'UniPCMultistepScheduler'):
    options = {'skip_prk_steps': True} if name.startswith('PNDM') else {}
    if name[:4] in ('DEIS', 'UniP'):
        options = {'solver_order': 3}
    scheduler = getattr(diffusers, name)(beta_schedule='scaled_linear', **options)
    times = []
    for _ in range(20):
        scheduler.set_timesteps(50)
        state, began = x, time.perf_counter()
        for t in scheduler.timesteps:
            scheduler.scale_model_input(state, t)
            state = scheduler.step(noise, t, state).prev_sample
        # For each of the 50 steps, as the TypeScript side counts.
        times.append((time.perf_counter() - began) / 50 * 1e6)
    print(f'{name:32} {statistics.median(times[5:]):.0f} us a step')
