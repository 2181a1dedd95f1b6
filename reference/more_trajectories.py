"""Trajectories of diffusers' schedulers that are no text-to-image schedulers: consistency models, and iPNDM on a grid that
begins with some signal (on its own grid the first step divides by zero signal).

    python more_trajectories.py [data/originals/more.json]
"""
import importlib
import math
import sys

import diffusers
import torch

from analytic import Noise, posterior_mean, predict, row, start, store

torch.set_num_threads(1)
CLASSES = diffusers.CMStochasticIterativeScheduler, diffusers.IPNDMScheduler


def consistency(steps, **config):
    """F with c_out·F + c_skip·x = E[x0 | x], shown x unscaled."""
    s = CLASSES[0](clip_denoised=False, **config)
    noise = importlib.import_module(CLASSES[0].__module__).randn_tensor = Noise()
    s.set_timesteps(steps)
    x, inputs = start() * s.init_noise_sigma, []
    for noise.call, t in enumerate(s.timesteps):
        inputs.append(x.clone())
        s.scale_model_input(x, t)
        sigma = s.sigmas[s.step_index]
        skip, out = s.get_scalings_for_boundary_condition(sigma)
        data = posterior_mean(x, 1, float(sigma))
        x = s.step(((data - skip * x) / out).float(), t, x, return_dict=False)[0]
    return row(steps, s.timesteps, inputs, x, noise.draws, initial=float(s.init_noise_sigma), sigmas=s.sigmas.tolist())


def ipndm(steps, first):
    betas = [math.sin(first * (1 - i / steps) * math.pi / 2) for i in range(steps)] + [0.0]
    s = CLASSES[1](trained_betas=betas)
    s.set_timesteps(steps)
    x, inputs = start(), []
    for t in s.timesteps:
        inputs.append(x.clone())
        v = predict('v_prediction', x, math.cos(t * math.pi / 2), math.sin(t * math.pi / 2))
        x = s.step(v, t, x, return_dict=False)[0]
    return row(steps, s.timesteps, inputs, x, [], initial=1.0)


cases = [dict(name='consistency', runs=[consistency(n) for n in (1, 2, 3, 5, 10)])]
cases += [dict(name='consistency, noise 1.003', runs=[consistency(n, s_noise=1.003) for n in (2, 5)])]
cases += [dict(name='ipndm', runs=[ipndm(n, 0.96) for n in (1, 2, 3, 5, 10, 20)])]
store(sys.argv[1] if len(sys.argv) > 1 else 'data/originals/more.json', f'diffusers {diffusers.__version__}', cases)
