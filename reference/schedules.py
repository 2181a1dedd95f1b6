"""Sigmas of diffusers' schedulers for beta, lambda-uniform and flow schedules; the formulas of ComfyUI, k-diffusion
and EDM, restated in numpy.

    python schedules.py data/schedules.json
"""
import json
import sys

import diffusers
import numpy as np
from scipy.stats import beta

rows = []
betas = dict(beta_start=0.00085, beta_end=0.012, beta_schedule='scaled_linear')
for steps in (2, 5, 10, 25):
    s = diffusers.EulerDiscreteScheduler(**betas, use_beta_sigmas=True)
    s.set_timesteps(steps)
    rows.append(dict(name='beta', steps=steps, sigmas=s.sigmas.double().tolist()))
    s = diffusers.DPMSolverMultistepScheduler(**betas, use_lu_lambdas=True)
    s.set_timesteps(steps)
    rows.append(dict(name='lu', steps=steps, sigmas=s.sigmas.double().tolist()))
    base = np.linspace(1, 1 / steps, steps)
    s = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
    s.set_timesteps(sigmas=base)
    rows.append(dict(name='shift', steps=steps, sigmas=s.sigmas.double().tolist()))
    for kind in ('exponential', 'linear'):
        s = diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, time_shift_type=kind, shift_terminal=0.1)
        s.set_timesteps(sigmas=base, mu=0.8)
        rows.append(dict(name=kind, steps=steps, sigmas=s.sigmas.double().tolist()))
    # k-diffusion's get_sigmas_vp and the iDDPM discretisation of EDM's generate.py.
    t = np.linspace(1, 1e-3, steps)
    rows.append(dict(name='vp', steps=steps, sigmas=[*np.sqrt(np.exp(19.9 * t**2 / 2 + 0.1 * t) - 1), 0]))
    u, bar = np.zeros(1001), np.sin(0.5 * np.pi * np.arange(1001) / 1000 / 1.008) ** 2
    for j in range(1000, 0, -1):
        u[j - 1] = np.sqrt((u[j] ** 2 + 1) / max(bar[j - 1] / bar[j], 0.001) - 1)
    u = u[(u >= 0.002) & (u <= 81)]
    rows.append(dict(name='iddpm', steps=steps, sigmas=[*u[np.round((len(u) - 1) / (steps - 1) * np.arange(steps)).astype(int)], 0]))
    # ComfyUI: indices into the table of 1000 sigmas.
    quantiles = np.rint(beta.ppf(1 - np.linspace(0, 1, steps, endpoint=False), 0.6, 0.6) * 999)
    rows.append(dict(name='beta-timestep', steps=steps, timesteps=quantiles.tolist()))
    rows.append(dict(name='simple', steps=steps, timesteps=[999 - int(i * 1000 / steps) for i in range(steps)]))
    rows.append(dict(name='sgm-uniform', steps=steps, timesteps=np.linspace(999, 0, steps + 1)[:-1].tolist()))
    half, threshold = steps // 2, 0.025
    rest = steps - half
    gap = half - threshold * steps
    square, line = gap / (half * rest**2), threshold / half - 2 * gap / rest**2
    way = [i * threshold / half for i in range(half)] + [square * i * i + line * i + square * half**2 for i in range(half, steps)] + [1.0]
    rows.append(dict(name='linear-quadratic', steps=steps, sigmas=[1 - x for x in way]))
json.dump(dict(diffusers=diffusers.__version__, rows=rows), open(sys.argv[1], 'w'), default=float)
