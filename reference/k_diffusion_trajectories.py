"""Trajectories of k-diffusion's samplers on an exact denoiser (an environment of its own: requirements-k-diffusion.txt).

    python k_diffusion_trajectories.py [data/originals/k-diffusion.json]
"""
import inspect
import sys
from importlib.metadata import version

import torch
from k_diffusion import sampling

from analytic import STEPS, Noise, posterior_mean, row, start, store

torch.set_num_threads(1)
SIGMA_MIN, SIGMA_MAX = 0.03, 14.6
CHURN = dict(s_churn=4.0, s_tmin=0.05, s_tmax=10.0, s_noise=1.003)
# sampler, options, whether the last sigma is 0, steps
CASES = [(name, {}, True, STEPS) for name in ('euler', 'heun', 'dpm_2', 'lms', 'euler_ancestral', 'dpm_2_ancestral', 'dpmpp_2s_ancestral', 'dpmpp_sde', 'dpmpp_2m', 'dpmpp_2m_sde', 'dpmpp_3m_sde')]
CASES += [(name, {}, False, STEPS) for name in ('euler', 'heun', 'dpm_2', 'lms', 'dpmpp_2m', 'dpmpp_2m_sde', 'dpmpp_3m_sde', 'dpmpp_sde', 'euler_ancestral')]
CASES += [(name, CHURN, True, STEPS) for name in ('euler', 'heun', 'dpm_2')]
CASES += [(name, dict(eta=eta, s_noise=noise), True, (5, 10, 20)) for name in ('euler_ancestral', 'dpm_2_ancestral', 'dpmpp_2s_ancestral', 'dpmpp_sde', 'dpmpp_2m_sde', 'dpmpp_3m_sde') for eta, noise in ((0.5, 1.003), (0.0, 1.0))]
CASES += [('dpmpp_2m_sde', dict(solver_type='heun'), True, STEPS), ('dpmpp_2m_sde', dict(solver_type='heun', eta=0.5), False, STEPS)]
CASES += [('dpmpp_sde', dict(r=0.3), True, (5, 10)), ('lms', dict(order=2), True, STEPS)]
CASES += [('dpm_fast', dict(eta=eta), False, (2, 3, 4, 5, 6, 10, 20)) for eta in (0.0, 0.5)]
CASES += [('dpm_adaptive', options, False, (1,)) for options in ({}, dict(order=2), dict(rtol=0.01, atol=0.001), dict(eta=0.5), dict(pcoeff=0.2, icoeff=0.3, dcoeff=0.1))]


def run(name, options, clean, steps):
    noise = Noise()
    sampling.torch.randn_like = noise
    sampling.default_noise_sampler = lambda x: noise
    inputs, told = [], []

    def model(x, sigma):
        noise.call = len(told)
        inputs.append(x.clone())
        told.append(float(sigma[0]))
        return posterior_mean(x, 1.0, told[-1]).to(x.dtype)

    sampler = getattr(sampling, f'sample_{name}')
    extra = dict(noise_sampler=noise) if 'noise_sampler' in inspect.signature(sampler).parameters else {}
    x = start() * SIGMA_MAX
    if name in ('dpm_fast', 'dpm_adaptive'):
        grid = [SIGMA_MAX, SIGMA_MIN]
        more = dict(n=steps) if name == 'dpm_fast' else {}
        result = sampler(model, x, SIGMA_MIN, SIGMA_MAX, disable=True, **more, **extra, **options)
    else:
        sigmas = sampling.get_sigmas_karras(steps + (0 if clean else 1), SIGMA_MIN, SIGMA_MAX)
        sigmas = sigmas if clean else sigmas[:-1]
        grid = [float(s) for s in sigmas]
        result = sampler(model, x, sigmas, disable=True, **extra, **options)
    return row(steps, told, inputs, result, noise.draws, sigmas=grid)


def attempt(*case):
    try:
        return run(*case)
    except Exception as error:
        return dict(steps=case[-1], failed=f'{type(error).__name__}: {error}'.splitlines()[0][:120])


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else 'data/originals/k-diffusion.json'
    randn_like, cases = torch.randn_like, []
    for name, options, clean, counts in CASES:
        words = [f'{k}={v}' for k, v in options.items()] + ([] if clean else ['not to 0'])
        runs = [attempt(name, options, clean, steps) for steps in counts]
        torch.randn_like = randn_like
        cases.append(dict(name=f'{name}: {", ".join(words)}' if words else name, sampler=name, options=options, runs=runs))
        for r in runs:
            if 'failed' in r:
                print(f'{name} {options} {clean}, {r["steps"]} steps: {r["failed"]}')
    store(target, f'k-diffusion {version("k-diffusion")}', cases)


main()
