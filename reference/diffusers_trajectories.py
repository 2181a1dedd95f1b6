"""Trajectories of diffusers' schedulers on an exact denoiser.

    python diffusers_trajectories.py [data/originals/diffusers.json]
"""
import importlib
import math
import sys

import diffusers
import numpy as np
import torch

from analytic import SHAPE, STEPS, Noise, predict, row, start, store, table_level
from diffusers_cases import CASES
from diffusers_loops import LOOPS, NETWORKS

torch.set_num_threads(1)
diffusers.utils.logging.set_verbosity_error()
HAT = ('Euler', 'Heun', 'KDPM2', 'LMS', 'DPMSolverSDE')  # classes that keep x/alpha


def network_of(scheduler, config):
    """A network: scaled input and timestep → output."""
    name, kind = config['_class_name'], scheduler.config.get('prediction_type')
    if name in NETWORKS:
        return NETWORKS[name](scheduler)
    if name.startswith(('Flow', 'LTX')):
        return lambda x, t: predict('flow_prediction', x, 1 - t / 1000, t / 1000)
    if scheduler.config.get('use_flow_sigmas'):
        return lambda x, t: predict(kind, x, 1 - t / 1000, t / 1000)
    if name == 'IPNDMScheduler':
        return lambda x, t: predict('v_prediction', x, math.cos(t * math.pi / 2), math.sin(t * math.pi / 2))
    if name.startswith(('EDM', 'Cosine')):
        return lambda x, t: preconditioned(scheduler, kind, x, t)
    if scheduler.config.get('timestep_type') == 'continuous' and kind == 'v_prediction':
        return lambda x, t: predict(kind, x, *[part / math.hypot(1, math.exp(4 * t)) for part in (1, math.exp(4 * t))])
    level = table_level(scheduler.alphas_cumprod)
    return lambda x, t: predict(kind, x, *level(t))


def preconditioned(scheduler, kind, x, t):
    """EDM: D = c_skip·x̂ + c_out·F with x = c_in·x̂, so that x = sigma/√(sigma² + deviation²)·noise + …"""
    sigma = math.tan(t * math.pi / 2) if 'Cosine' in type(scheduler).__name__ else math.exp(4 * t)
    deviation = scheduler.config.sigma_data
    total = math.sqrt(sigma ** 2 + deviation ** 2)
    data = predict('sample', x.to(torch.float64), 1 / total, sigma / total)
    skip, out = deviation ** 2 / total ** 2, sigma * deviation / total * (1 if kind == 'epsilon' else -1)
    return ((data - skip * total * x.to(torch.float64)) / out).to(x.dtype)


def network_frame(scheduler, config, x):
    """The last x as the network would be shown it."""
    name = config['_class_name']
    if name.startswith(('EDM', 'Cosine')):
        last = float(scheduler.sigmas[-1])
        return x if last == 0 else x / math.sqrt(last ** 2 + scheduler.config.sigma_data ** 2)
    if name.startswith(HAT):
        # There is one sigma more than these timesteps lead to.
        last = len(scheduler.timesteps) if scheduler.config.get('interpolation_type') == 'log_linear' else -1
        return x / math.sqrt(float(scheduler.sigmas[last]) ** 2 + 1)
    return x


def run(config, steps, given, options):
    scheduler = getattr(diffusers.schedulers, config['_class_name']).from_config(config)
    # It draws twice where it uses the second draw only.
    noise = Noise(once=config['_class_name'] == 'CogVideoXDPMScheduler')
    module = importlib.import_module(type(scheduler).__module__)
    if hasattr(module, 'randn_tensor'):
        module.randn_tensor = noise
    if config['_class_name'] == 'SCMScheduler' and steps != 2:
        given = dict(intermediate_timesteps=None)
    if 'timesteps' in given or 'sigmas' in given:
        scheduler.set_timesteps(**{k: np.array(v) if k == 'sigmas' else v for k, v in given.items()})
    else:
        scheduler.set_timesteps(steps, **given)
    scheduler.noise_sampler = noise
    network = network_of(scheduler, config)
    if config['_class_name'] in LOOPS:
        return row(steps, *LOOPS[config['_class_name']](scheduler, network, noise, steps))
    initial = float(scheduler.init_noise_sigma) if hasattr(scheduler, 'init_noise_sigma') else 1.0
    x = start() * initial
    inputs = []
    old = None
    for call, t in enumerate(scheduler.timesteps):
        shown = scheduler.scale_model_input(x, t) if hasattr(scheduler, 'scale_model_input') else x
        inputs.append(shown.clone())
        output = network(shown, float(t))
        noise.call = call
        if config['_class_name'] == 'CogVideoXDPMScheduler':
            back = scheduler.timesteps[call - 1] if call > 0 else None
            x, old = scheduler.step(output, old, t, back, x, return_dict=False, **options)
        else:
            x = scheduler.step(output, t, x, return_dict=False, **options)[0]
        assert x.shape == SHAPE
    result = network_frame(scheduler, config, x)
    return row((scheduler.num_inference_steps or len(scheduler.timesteps)) if given else steps, scheduler.timesteps, inputs, result, noise.draws, initial=initial)


def attempt(config, steps, given, options):
    try:
        return run(config, steps, given, options)
    except Exception as error:  # what a scheduler refuses, or breaks at, is part of the record
        return dict(steps=steps, failed=f'{type(error).__name__}: {error}'.splitlines()[0][:120])


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else 'data/originals/diffusers.json'
    cases = []
    for name, config, given, options, steps in CASES:
        runs = [attempt(config, n, given, options) for n in (STEPS if steps is None else steps)]
        case = dict(name=name, config=config, runs=runs)
        if given:
            case['given'] = given
        if options:
            case['step'] = options
        cases.append(case)
        for r in runs:
            if 'failed' in r:
                print(f'{name}, {r["steps"]} steps: {r["failed"]}')
    store(target, f'diffusers {diffusers.__version__}', cases)


main()
