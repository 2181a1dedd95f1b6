"""Classes of diffusers that are not driven as the others are, as their pipelines drive them, and their perfect networks."""
import math

import torch

from analytic import posterior_mean, predict, start


def answer(data_of):
    """A network that answers in float64 and rounds once."""
    return lambda x, t: data_of(x.to(torch.float64), float(t)).to(x.dtype)


def wuerstchen(scheduler):
    def level(t):
        bar = float(scheduler._alpha_cumprod(torch.tensor([t]), 'cpu'))
        return math.sqrt(bar), math.sqrt(1 - bar)

    return lambda x, t: predict('epsilon', x, *level(float(t)))


def consistency_model(scheduler):
    """Shown x/√(sigma² + deviation²), told 250·ln(sigma)."""
    c = scheduler.config

    def data(x, t):
        sigma = math.exp(t / 250)
        total = math.sqrt(sigma ** 2 + c.sigma_data ** 2)
        skip = c.sigma_data ** 2 / ((sigma - c.sigma_min) ** 2 + c.sigma_data ** 2)
        out = (sigma - c.sigma_min) * c.sigma_data / total
        # At sigma_min the output counts for nothing.
        return torch.zeros_like(x) if out < 1e-9 else (posterior_mean(x, 1 / total, sigma / total) - skip * total * x) / out

    return answer(data)


def consistency_decoder(scheduler):
    deviation = scheduler.config.sigma_data

    def data(x, t):
        bar = float(scheduler.sqrt_alphas_cumprod[int(t)]) ** 2
        sigma = math.sqrt(1 / bar - 1)
        total = math.sqrt(sigma ** 2 + deviation ** 2)
        skip, out = deviation ** 2 / total, sigma * deviation / total
        return (posterior_mean(x, 1 / total, sigma / total) - skip * x) / out

    return answer(data)


def trigflow(scheduler):
    deviation = scheduler.config.sigma_data
    return answer(lambda x, t: (math.cos(t) * x - posterior_mean(x, max(0, math.cos(t)), math.sin(t) * deviation)) / math.sin(t))


NETWORKS = {
    'DDPMWuerstchenScheduler': wuerstchen,
    'CMStochasticIterativeScheduler': consistency_model,
    'ConsistencyDecoderScheduler': consistency_decoder,
    'SCMScheduler': trigflow,
    'KarrasVeScheduler': lambda scheduler: answer(lambda x, sigma: (posterior_mean(x, 1, sigma) - x) / sigma),
    'ScoreSdeVeScheduler': lambda scheduler: answer(lambda x, sigma: (posterior_mean(x, 1, sigma) - x) / sigma ** 2),
    'FlowMapEulerDiscreteScheduler': lambda scheduler: lambda x, t: predict('flow_prediction', x, 1 - float(t) / 1000, float(t) / 1000),
    'MiniMaxH3Scheduler': lambda scheduler: lambda x, t: -predict('flow_prediction', x, float(t), 1 - float(t)),
}


def decoder(s, network, noise, steps):
    x, inputs = start() * s.init_noise_sigma, []
    for noise.call, t in enumerate(s.timesteps):
        inputs.append(s.scale_model_input(x, t))
        x = s.step(network(inputs[-1], t), t, x, return_dict=False)[0]
    return s.timesteps, inputs, x, noise.draws


def unclip(s, network, noise, steps):
    x, inputs = start(), []
    for noise.call, t in enumerate(s.timesteps):
        inputs.append(x)
        after = s.timesteps[noise.call + 1] if noise.call + 1 < len(s.timesteps) else None
        x = s.step(network(x, t), t, x, prev_timestep=after, return_dict=False)[0]
    return s.timesteps, inputs, x, noise.draws


def scm(s, network, noise, steps):
    x, inputs = start() * s.config.sigma_data, []
    for noise.call, t in enumerate(s.timesteps[:-1]):
        inputs.append(x)
        x = s.step(network(x, t), t, x, return_dict=False)[0]
    return s.timesteps[:-1], inputs, x, noise.draws


def wuerstchen_loop(s, network, noise, steps):
    x, inputs = start(), []
    for noise.call, t in enumerate(s.timesteps[:-1]):
        inputs.append(x)
        x = s.step(network(x, t), t[None], x, return_dict=False)[0]
    return s.timesteps[:-1], inputs, x, noise.draws


def karras_ve(s, network, noise, steps):
    """Its pipeline, without what that does to the network's own scale."""
    x, inputs, told = start() * s.init_noise_sigma, [], []

    def ask(x, sigma):
        inputs.append(x)
        told.append(sigma)
        return network(x, sigma)

    for t in s.timesteps:
        noise.call = len(told)
        after = s.schedule[t - 1] if t > 0 else 0
        x, sigma = s.add_noise_to_input(x, s.schedule[t])
        end, slope = s.step(ask(x, sigma), sigma, after, x, return_dict=False)
        if after != 0:
            end = s.step_correct(ask(end, after), sigma, after, x, end, slope, return_dict=False)[0]
        x = end
    return told, inputs, x, noise.draws


def score_sde_ve(s, network, noise, steps):
    """Its pipeline without corrections; the network is told the sigma that the step is made with."""
    s.set_sigmas(steps)
    x, inputs, told = start() * s.init_noise_sigma, [], []
    for noise.call, t in enumerate(s.timesteps):
        told.append(s.discrete_sigmas[int(t * (steps - 1))])
        inputs.append(x)
        x, mean = s.step_pred(network(x, told[-1]), t, x, return_dict=False)
    return told, inputs, mean, noise.draws


LOOPS = {
    'ConsistencyDecoderScheduler': decoder,
    'UnCLIPScheduler': unclip,
    'SCMScheduler': scm,
    'DDPMWuerstchenScheduler': wuerstchen_loop,
    'KarrasVeScheduler': karras_ve,
    'ScoreSdeVeScheduler': score_sde_ve,
}
