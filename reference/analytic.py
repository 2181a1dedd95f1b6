"""What the trajectories of the originals have in common: an exact denoiser, recorded noise, and how they are stored."""
import base64
import json
import math
import os

import numpy as np
import torch

SHAPE = (1, 1, 4, 4)
STEPS = (1, 2, 3, 5, 10, 20)
START_SEED, NOISE_SEED = 1, 2
# Weight, centre, width of three Gaussians on a line; each element of x is one point of it.
MIXTURE = ((0.3, -1.5, 0.3), (0.5, 0.2, 0.5), (0.2, 2.0, 0.2))


def posterior_mean(x, alpha, sigma):
    """E[x0 | alpha·x0 + sigma·noise = x], in float64."""
    x = x.to(torch.float64)
    logs, means = [], []
    for weight, centre, width in MIXTURE:
        variance = alpha ** 2 * width ** 2 + sigma ** 2
        logs.append(math.log(weight / math.sqrt(variance)) - (x - alpha * centre) ** 2 / (2 * variance))
        means.append(centre + alpha * width ** 2 / variance * (x - alpha * centre))
    return (torch.softmax(torch.stack(logs), 0) * torch.stack(means)).sum(0)


def predict(kind, x, alpha, sigma):
    """What a perfect network of this kind answers, rounded once."""
    data = posterior_mean(x, alpha, sigma)
    exact = x.to(torch.float64)
    answer = {
        'epsilon': lambda: (exact - alpha * data) / sigma,
        'v_prediction': lambda: (alpha * exact - data) / sigma if sigma > 0 else -data,
        'sample': lambda: data,
        'flow_prediction': lambda: (exact - data) / sigma,
    }[kind]()
    return answer.to(x.dtype)


def table_level(alphas_cumprod):
    """Timestep → (alpha, sigma): ln(sigma/alpha) is linear between the timesteps of a table."""
    bars = alphas_cumprod.to(torch.float64).numpy()

    def level(t):
        low = min(int(math.floor(t)), len(bars) - 2)
        part = t - low
        if part in (0, 1):
            bar = bars[low + int(part)]
        elif bars[low + 1] == 0:
            bar = bars[low] * (1 - part) ** 2
        else:
            logs = np.log((1 - bars[low:low + 2]) / bars[low:low + 2])
            bar = 1 / (1 + math.exp(logs[0] + part * (logs[1] - logs[0])))
        return math.sqrt(bar), math.sqrt(1 - bar)

    return level


class Noise:
    """Standard normal draws in one order, and which network call each of them came after; or the same again in one call."""

    def __init__(self, once=False):
        self.generator = torch.Generator().manual_seed(NOISE_SEED)
        self.once, self.call, self.draws, self.last = once, 0, [], None

    def __call__(self, *_, **__):
        if not (self.once and self.draws and self.draws[-1] == self.call):
            self.draws.append(self.call)
            self.last = torch.randn(SHAPE, generator=self.generator)
        return self.last.clone()


def start():
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(START_SEED))


def row(steps, timesteps, inputs, result, draws, **more):
    """One run: what the network was told and shown at every call, and the end, as float32 in base64."""
    values = torch.stack([x.reshape(-1) for x in [*inputs, result]]).to(torch.float32).numpy()
    if not np.isfinite(values).all():
        return dict(steps=steps, failed='not finite')
    packed = base64.b64encode(values.astype('<f4').tobytes()).decode()
    return dict(steps=steps, **more, timesteps=[float(np.float32(t)) for t in timesteps], draws=draws, values=packed)


def unpack(run):
    return np.frombuffer(base64.b64decode(run['values']), '<f4')


def store(target, source, cases):
    """Writes the cases, a line each, and says how they differ from what was there."""
    before = {}
    if os.path.exists(target):
        before = {case['name']: case for case in json.load(open(target))['cases']}
    widest, changed = 0.0, []
    for case in cases:
        old = {run['steps']: run for run in before.get(case['name'], {}).get('runs', [])}
        for run in case['runs']:
            was = old.get(run['steps'])
            if was is None or ('failed' in run) != ('failed' in was) or was.get('draws') != run.get('draws'):
                changed.append(f"{case['name']}, {run['steps']} steps")
            elif 'failed' not in run:
                a, b = unpack(run), unpack(was)
                if a.shape != b.shape:
                    changed.append(f"{case['name']}, {run['steps']} steps")
                else:
                    widest = max(widest, float(np.abs(a - b).max() / np.abs(b).max()))
    gone = before.keys() - {case['name'] for case in cases}
    print(f'{len(cases)} cases, {sum(len(case["runs"]) for case in cases)} runs; the largest relative difference is {widest:.1e}')
    for what, names in (('new or of another shape', changed), ('no longer there', sorted(gone))):
        if names:
            print(f'{what}: {len(names)}, such as {names[0]}')
    head = dict(source=source, mixture=MIXTURE, startSeed=START_SEED, noiseSeed=NOISE_SEED)
    lines = ',\n'.join(json.dumps(case, separators=(',', ':')) for case in cases)
    with open(target, 'w') as file:
        file.write(f'{json.dumps(head)[:-1]}, "cases": [\n{lines}\n]}}\n')
