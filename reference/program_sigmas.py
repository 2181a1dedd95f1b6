"""Noise levels of ComfyUI and of Stable Diffusion WebUI: every scheduler with every sampler, at several numbers of steps.

    python program_sigmas.py path/to/ComfyUI path/to/stable-diffusion-webui-forge

writes data/program-sigmas.json. WebUI's schedulers are read from Forge, which has AUTOMATIC1111's and four of its own.
ComfyUI's KSampler and WebUI's KDiffusionSampler are run as they are; what they import from the rest of their programs and
do not use here is empty. The model is Stable Diffusion 1.5's table of betas, and for ComfyUI the same at zero terminal SNR.
"""

import importlib
import importlib.abc
import importlib.machinery
import json
import pathlib
import sys
import types
from unittest.mock import MagicMock

import torch

STEPS = [1, 2, 3, 4, 5, 8, 10, 20, 25, 30, 50]
DENOISE = [(4, 0.5), (10, 0.6), (20, 0.75), (7, 0.3), (25, 0.9999)]


class Empty(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes an empty module of any of these programs, and of what they need elsewhere, that is not there."""

    roots = ("comfy", "modules", "backend", "k_diffusion", "einops", "torchsde", "torchdiffeq", "torchvision")

    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name.split(".")[0] in self.roots else None

    def create_module(self, spec):
        module = MagicMock(name=spec.name, __path__=[], __spec__=spec)
        module.__name__ = spec.name
        return module

    def exec_module(self, module):
        pass


def package(name, path):
    module = types.ModuleType(name)
    module.__path__ = [str(path)]
    sys.modules[name] = module
    return module


def rounded(sigmas):
    """Float32 as short as it can be written. Raises where one is no number."""
    if torch.isnan(sigmas).any():
        raise ValueError("not a number")
    return [float(f"{float(sigma):.9g}") for sigma in sigmas]


def comfy(root):
    package("comfy", root / "comfy")
    for name in ("model_management", "sampler_helpers", "model_patcher", "patcher_extension", "hooks", "context_windows", "utils"):
        sys.modules[f"comfy.{name}"] = MagicMock()
        setattr(sys.modules["comfy"], name, sys.modules[f"comfy.{name}"])
    samplers = importlib.import_module("comfy.samplers")
    sampling = importlib.import_module("comfy.model_sampling")
    models = {"sd15": sampling.ModelSamplingDiscrete(), "sd15-zero-snr": sampling.ModelSamplingDiscrete(zsnr=True)}

    def sigmas(model, sampler, scheduler, steps, denoise=None):
        holder = types.SimpleNamespace(get_model_object=lambda _: models[model])
        try:
            return rounded(samplers.KSampler(holder, steps, "cpu", sampler, scheduler, denoise).sigmas)
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    return {
        "samplers": samplers.KSampler.SAMPLERS,
        "schedulers": samplers.KSampler.SCHEDULERS,
        "models": list(models),
        "sigmas": sigmas,
        "timesteps": lambda model, values: [int(models[model].timestep(torch.tensor(v))) for v in values if isinstance(v, float) and v > 0],
    }


def webui(root):
    for name in ("diffusers", "diffusers.pipelines.flux.pipeline_flux"):
        sys.modules[name] = MagicMock()
    package("backend", root / "backend")
    package("backend.modules", root / "backend/modules")
    package("modules", root / "modules")
    shared = MagicMock()
    shared.opts = types.SimpleNamespace(
        always_discard_next_to_last_sigma=False,
        use_old_karras_scheduler_sigmas=False,
        sigma_min=0.0,
        sigma_max=0.0,
        rho=0.0,
        beta_dist_alpha=0.6,
        beta_dist_beta=0.6,
    )
    shared.sd_model.is_sdxl = False
    sys.modules["modules.shared"] = sys.modules["modules"].shared = shared
    package("k_diffusion", root / "k_diffusion")
    for name in ("utils", "deis", "sampling", "external"):
        setattr(sys.modules["k_diffusion"], name, importlib.import_module(f"k_diffusion.{name}"))
    for name in ("sd_samplers_common", "sd_samplers_cfg_denoiser", "sd_samplers_compvis", "sd_samplers_extra"):
        sys.modules[f"modules.{name}"] = MagicMock()
    sys.modules["modules.sd_samplers_common"].Sampler = object
    sys.modules["modules.sd_samplers_common"].SamplerData = lambda name, *_: types.SimpleNamespace(name=name)
    sys.modules["modules.sd_samplers_cfg_denoiser"].CFGDenoiser = object
    sys.modules["modules.devices"] = MagicMock(cpu="cpu")
    sys.modules["modules"].devices = sys.modules["modules.devices"]
    schedulers = importlib.import_module("modules.sd_schedulers")
    samplers = importlib.import_module("modules.sd_samplers_kdiffusion")
    predictor = importlib.import_module("backend.modules.k_prediction").Prediction(prediction_type="epsilon")
    linked = sys.modules["k_diffusion.external"].ForgeScheduleLinker(predictor)
    linked.inner_model = types.SimpleNamespace(
        forge_objects=types.SimpleNamespace(unet=types.SimpleNamespace(model=types.SimpleNamespace(predictor=predictor)))
    )
    options = {label: options for label, _, _, options in samplers.samplers_k_diffusion}

    def sigmas(sampler, scheduler, steps):
        self = types.SimpleNamespace(config=types.SimpleNamespace(options=options[sampler]), model_wrap=linked)
        p = types.SimpleNamespace(
            is_hr_pass=False, scheduler=scheduler, sampler_noise_scheduler_override=None, extra_generation_params={}
        )
        try:
            return rounded(samplers.KDiffusionSampler.get_sigmas(self, p, steps))
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    return {"samplers": list(options), "schedulers": [one.label for one in schedulers.schedulers], "sigmas": sigmas}


def grouped(samplers, schedulers, sigmas):
    """Samplers that have the same levels for every scheduler and every number of steps go together."""
    groups = []
    for sampler in samplers:
        own = {one: {str(n): sigmas(sampler, one, n) for n in STEPS} for one in schedulers}
        same = next((group for group in groups if json.dumps(group["sigmas"]) == json.dumps(own)), None)
        if same is None:
            groups.append({"samplers": [sampler], "sigmas": own})
        else:
            same["samplers"].append(sampler)
    return groups


sys.meta_path.append(Empty())
one = comfy(pathlib.Path(sys.argv[1]))
two = webui(pathlib.Path(sys.argv[2]))
data = {
    "comfyui": {
        model: {
            "groups": grouped(one["samplers"], one["schedulers"], lambda *given: one["sigmas"](model, *given)),
            "timesteps": {
                scheduler: one["timesteps"](model, one["sigmas"](model, "euler", scheduler, 10))
                for scheduler in one["schedulers"]
            },
            "denoise": [
                {
                    "sampler": sampler,
                    "scheduler": scheduler,
                    "steps": steps,
                    "denoise": denoise,
                    "sigmas": one["sigmas"](model, sampler, scheduler, steps, denoise),
                }
                for sampler in ("euler", "dpm_2")
                for scheduler in one["schedulers"]
                for steps, denoise in DENOISE
            ],
        }
        for model in one["models"]
    },
    "a1111": {"groups": grouped(two["samplers"], two["schedulers"], two["sigmas"])},
}
target = pathlib.Path(__file__).parent / "data/program-sigmas.json"
target.write_text(json.dumps(data, separators=(",", ":")).replace('},"', '},\n"') + "\n")
