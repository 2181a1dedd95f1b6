"""Samplers of ComfyUI (github.com/comfyanonymous/ComfyUI) on data from a Gaussian mixture, in float64.

    python comfyui.py path/to/ComfyUI

writes data/originals/comfyui.json: for each sampler and its options the sigmas, x at the first one, the noise that was
drawn, and what it makes of them. Of ComfyUI only comfy/k_diffusion is run; what it imports from the rest is empty.
"""

import importlib
import json
import pathlib
import sys
import types

import numpy as np
import torch

MIXTURE = [(0.3, -1.5, 0.3), (0.5, 0.2, 0.5), (0.2, 2.0, 0.2)]
START = 7.0


def empty(name, **members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module
    return module


class Constant:
    """The class of flow models, which no model here is."""


comfy = empty("comfy", __path__=[str(pathlib.Path(sys.argv[1]) / "comfy")])
comfy.model_patcher = empty("comfy.model_patcher")
comfy.model_sampling = empty("comfy.model_sampling", CONST=Constant)
comfy.utils = empty("comfy.utils", model_trange=lambda *given, disable=None, **_: range(*given))
comfy.memory_management = empty("comfy.memory_management")
for name in ("torchsde", "torchvision"):
    empty(name)
empty("comfy.k_diffusion.utils", append_dims=lambda x, n: x.reshape(x.shape + (1,) * (n - x.ndim)))
sampling = importlib.import_module("comfy.k_diffusion.sampling")


def denoised(x, sigma):
    variances = [deviation**2 + sigma**2 for _, _, deviation in MIXTURE]
    logs = np.array([np.log(w) - np.log(v) / 2 - (x - c) ** 2 / (2 * v) for (w, c, _), v in zip(MIXTURE, variances)])
    means = np.array([c + d**2 / v * (x - c) for (_, c, d), v in zip(MIXTURE, variances)])
    shares = np.exp(logs - logs.max())
    return float(shares @ means / shares.sum())


def model(x, sigma, **_):
    return torch.full_like(x, denoised(float(x), float(sigma[0])))


patcher = types.SimpleNamespace(get_model_object=lambda _: types.SimpleNamespace())
model.inner_model = types.SimpleNamespace(model_patcher=patcher)

torch.set_default_dtype(torch.float64)
karras = [(10 ** (1 / 7) + i / 9 * (0.1 ** (1 / 7) - 10 ** (1 / 7))) ** 7 for i in range(10)]
whole, clean = torch.tensor(karras), torch.tensor([*karras, 0.0])

RUNS = [
    *(("er_sde", clean, {"max_stage": stage}) for stage in (1, 2, 3)),
    ("res_multistep", clean, {}),
    ("res_multistep_ancestral", clean, {"eta": 0.7}),
    ("dpmpp_2m_sde", clean, {"eta": 0.6}),
    ("dpmpp_3m_sde", clean, {"eta": 0.6}),
    # Its mode rhoab fails from the third step on, at any order.
    *(("deis", clean, {"max_order": order}) for order in (2, 3, 4)),
    ("lms", whole, {}),
    *(("heunpp2", sigmas, churn) for sigmas in (clean, whole) for churn in ({}, {"s_churn": 4.0, "s_noise": 1.003})),
    *(("seeds_2", sigmas, o) for sigmas in (clean, whole) for o in ({}, {"eta": 0.5, "r": 0.3}, {"s_noise": 1.003})),
    *(("seeds_3", sigmas, o) for sigmas in (clean, whole) for o in ({}, {"eta": 0.5, "r_1": 0.25}, {"s_noise": 1.003})),
    *((name, clean, {"max_order": order}) for name in ("ipndm", "ipndm_v") for order in (2, 3, 4)),
    ("gradient_estimation", clean, {}),
    ("gradient_estimation", clean, {"ge_gamma": 1.5}),
    *(
        ("sa_solver", whole, {"predictor_order": p, "corrector_order": c, "use_pece": again, "simple_order_2": simple})
        for p, c, again, simple in [
            (3, 4, False, False),
            (2, 3, True, False),
            (2, 2, False, True),
            (1, 2, False, False),
            (3, 0, False, False),
        ]
    ),
]

cases = []
for name, sigmas, options in RUNS:
    noise = []
    random = np.random.default_rng(7)

    def draw(*_):
        noise.append(float(random.standard_normal()))
        return torch.full((1, 1), noise[-1])

    extra = dict(options)
    if name == "sa_solver":
        extra["tau_func"] = lambda _: 0.8
    # It draws at every step, whether there is churn or not.
    torch.randn_like = draw
    if "seeds" in name or "multistep" in name or "sde" in name or "sa_" in name:
        extra["noise_sampler"] = draw
    x = getattr(sampling, f"sample_{name}")(model, torch.full((1, 1), START), sigmas, **extra)
    cases.append(
        {"sampler": name, "options": options, "sigmas": sigmas.tolist(), "x": START, "noise": noise, "end": float(x)}
    )

target = pathlib.Path(__file__).parent / "data/originals/comfyui.json"
target.write_text(json.dumps(cases, indent=1) + "\n")
