"""What churn does in diffusers' FlowMatchHeunDiscreteScheduler, on data from a Gaussian of mean 1 and deviation 0.5, whose
exact velocity is known: the mean and the deviation of the results, for numbers of steps.

    python flow_heun_churn.py
"""
import torch
from diffusers import FlowMatchHeunDiscreteScheduler

MEAN, DEVIATION, COUNT = 1.0, 0.5, 50_000


def results(steps, churn):
    scheduler = FlowMatchHeunDiscreteScheduler()
    scheduler.set_timesteps(steps)
    torch.manual_seed(steps)
    x = torch.randn(1, 1, 1, COUNT)
    for t in scheduler.timesteps:
        sigma = float(t) / 1000
        alpha = 1 - sigma
        variance = (alpha * DEVIATION) ** 2 + sigma ** 2
        data = MEAN + alpha * DEVIATION ** 2 / variance * (x - alpha * MEAN)
        x = scheduler.step((x - data) / sigma, t, x, s_churn=churn, return_dict=False)[0]
    return f'{x.mean():.2f} ± {x.std():.2f}'


for churn in (0.0, 2.0, 5.0):
    print(f's_churn {churn:g}:', ', '.join(f'{results(n, churn)} in {n} steps' for n in (10, 40, 160)))
