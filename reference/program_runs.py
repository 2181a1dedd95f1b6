"""Samplers of ComfyUI and of Stable Diffusion WebUI from noise to the end, on data from a Gaussian mixture, in float64.

    python program_runs.py path/to/ComfyUI path/to/stable-diffusion-webui-forge

writes data/program-runs.json: for samplers and schedulers of both programs x at the first level and at the end, and the
noise that was drawn. Levels are the programs' own, of Stable Diffusion 1.5's table (data/program-sigmas.json, made first).
x is at the scale of the programs, with the data at scale 1 throughout. Of WebUI, `restart_sampler` and the functions of
sd_samplers_timesteps_impl.py are run; the rest of its samplers are k-diffusion's (data/originals/k-diffusion.json).
"""

import importlib
import json
import pathlib
import sys
import types
from unittest.mock import MagicMock

import numpy as np
import torch

import program_sigmas as programs

MIXTURE = [(0.3, -1.5, 0.3), (0.5, 0.2, 0.5), (0.2, 2.0, 0.2)]


def denoised(x, sigma):
    variances = [deviation**2 + sigma**2 for _, _, deviation in MIXTURE]
    logs = np.array([np.log(w) - np.log(v) / 2 - (x - c) ** 2 / (2 * v) for (w, c, _), v in zip(MIXTURE, variances)])
    means = np.array([c + d**2 / v * (x - c) for (_, c, d), v in zip(MIXTURE, variances)])
    shares = np.exp(logs - logs.max())
    return float(shares @ means / shares.sum())


class Noise:
    def __init__(self):
        self.random, self.drawn = np.random.default_rng(11), []

    def __call__(self, x=None, *_, **__):
        self.drawn.append(float(self.random.standard_normal()))
        return torch.full((1, 1), self.drawn[-1])


def comfy_runs(stored):
    sampling = importlib.import_module("comfy.k_diffusion.sampling")
    uni_pc = importlib.import_module("comfy.extra_samplers.uni_pc")
    utils = sys.modules["comfy.utils"]
    utils.model_trange = lambda *given, disable=None, **_: range(*given)
    sampling.torchsde = None

    def model(x, sigma, **_):
        return torch.full_like(x, denoised(float(x), float(sigma.reshape(-1)[0])))

    class Constant:
        pass

    sampling.comfy.model_sampling.CONST = Constant
    patcher = types.SimpleNamespace(get_model_object=lambda _: types.SimpleNamespace(
        percent_to_sigma=lambda percent: {0.0: 999999999.9, 1.0: 0.0}.get(percent, None)))
    model.inner_model = types.SimpleNamespace(model_patcher=patcher, inner_model=types.SimpleNamespace(
        model_sampling=types.SimpleNamespace(noise_scaling=lambda sigma, noise, x: x + noise * sigma)))
    deterministic = [
        "euler", "heun", "heunpp2", "dpm_2", "lms", "dpm_fast", "dpmpp_2m", "ipndm", "ipndm_v", "deis", "res_multistep",
        "gradient_estimation", "ddim", "uni_pc", "uni_pc_bh2",
    ]
    drawing = ["euler_ancestral", "dpm_2_ancestral", "dpmpp_2s_ancestral", "ddpm", "lcm", "dpmpp_2m_sde", "dpmpp_2m_sde_heun",
               "dpmpp_3m_sde", "res_multistep_ancestral", "er_sde", "seeds_2", "seeds_3"]
    cases = []
    for sampler in [*deterministic, *drawing]:
        group = next(one for one in stored["groups"] if sampler in one["samplers"])
        for scheduler, runs in group["sigmas"].items():
            for steps in (5, 20) if sampler in deterministic else (10,):
                sigmas = torch.tensor(runs[str(steps)])
                noise = Noise()
                torch.randn_like = noise
                sampling.default_noise_sampler = lambda x, seed=None: noise
                start = 0.7 * float(torch.sqrt(1 + sigmas[0] ** 2))
                x = torch.full((1, 1), start)
                if sampler.startswith("uni_pc"):
                    end = uni_pc.sample_unipc(model, x, sigmas.clone(), extra_args={}, variant="bh2" if "bh2" in sampler else "bh1", disable=True)
                elif sampler == "dpm_fast":
                    end = sampling.sample_dpm_fast(model, x, sigmas[-2], sigmas[0], len(sigmas) - 1, disable=True)
                else:
                    name = {"ddim": "euler", "dpmpp_2m_sde_heun": "dpmpp_2m_sde"}.get(sampler, sampler)
                    more = {"solver_type": "heun"} if "heun" in sampler and "sde" in sampler else {}
                    if "sde" in sampler or "seeds" in sampler:
                        more["noise_sampler"] = noise
                    end = getattr(sampling, f"sample_{name}")(model, x, sigmas, disable=True, **more)
                cases.append({"sampler": sampler, "scheduler": scheduler, "steps": steps, "x": start,
                              "noise": noise.drawn, "end": float(end)})
    return cases


def webui_runs(root, stored):
    module = types.ModuleType("restart")
    source = pathlib.Path(root, "modules/sd_samplers_extra.py").read_text()
    exec(compile(source, "sd_samplers_extra.py", "exec"), module.__dict__)
    cases = []

    def model(x, sigma, **_):
        return torch.full_like(x, denoised(float(x), float(sigma.reshape(-1)[0])))

    group = next(one for one in stored["groups"] if "Restart" in one["samplers"])
    for scheduler in ("Automatic", "Uniform"):
        for steps in (10, 20, 30, 50):
            sigmas = torch.tensor(group["sigmas"][scheduler][str(steps)])
            noise = Noise()
            sys.modules["k_diffusion.sampling"].torch = types.SimpleNamespace(
                **{**{name: getattr(torch, name) for name in ("linspace", "cat")}, "randn_like": noise})
            start = 0.7 * float(sigmas[0])
            end = module.restart_sampler(model, torch.full((1, 1), start), sigmas, disable=True)
            cases.append({"sampler": "Restart", "scheduler": scheduler, "steps": steps, "x": start,
                          "noise": noise.drawn, "end": float(end)})
    # Samplers in timesteps keep x at the scale of training.
    shared = sys.modules["modules.shared"]
    shared.opts = types.SimpleNamespace(uni_pc_variant="bh1", uni_pc_skip_type="time_uniform", uni_pc_order=3, uni_pc_lower_order_final=True)
    sys.modules["modules.torch_utils"] = types.SimpleNamespace(float64=lambda _: torch.float64)
    programs.package("modules.models", pathlib.Path(root, "modules/models"))
    programs.package("modules.models.diffusion", pathlib.Path(root, "modules/models/diffusion"))
    impl = importlib.import_module("modules.sd_samplers_timesteps_impl")
    bars = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2, 0)

    def noise_model(x, t, **_):
        place = float(t.reshape(-1)[0])
        low = min(int(place), 998)
        # UniPC asks between timesteps: its own interpolation is of ln alpha.
        logs = torch.log(bars) / 2
        alpha = float(torch.exp(logs[low] + (place - low) * (logs[low + 1] - logs[low])))
        sigma = (1 - alpha**2) ** 0.5
        return torch.full_like(x, (float(x) - alpha * denoised(float(x) / alpha, sigma / alpha)) / sigma)

    noise_model.inner_model = types.SimpleNamespace(inner_model=types.SimpleNamespace(alphas_cumprod=bars))
    noise_model.last = None
    for name, function in (("DDIM", impl.ddim), ("PLMS", impl.plms), ("UniPC", impl.unipc)):
        for steps in (5, 10, 20, 30):
            timesteps = torch.clip(torch.asarray(list(range(0, 1000, 1000 // steps))) + 1, 0, 999)
            sys.modules["k_diffusion.sampling"].torch = types.SimpleNamespace(randn_like=lambda x: torch.zeros_like(x))
            shape = (1, 1, 1, 1)
            end = function(noise_model, torch.full(shape, 0.7), timesteps, extra_args={}, disable=True, callback=lambda _: None)
            cases.append({"sampler": name, "scheduler": None, "steps": steps, "x": 0.7, "noise": [], "end": float(end)})
    return cases


if __name__ == "__main__":
    sys.meta_path.append(programs.Empty())
    programs.comfy(pathlib.Path(sys.argv[1]))
    programs.webui(pathlib.Path(sys.argv[2]))
    torch.set_default_dtype(torch.float64)
    here = pathlib.Path(__file__).parent / "data"
    stored = json.loads((here / "program-sigmas.json").read_text())
    data = {"comfyui": comfy_runs(stored["comfyui"]["sd15"]), "a1111": webui_runs(sys.argv[2], stored["a1111"])}
    lines = json.dumps(data, separators=(",", ":")).replace('},{', '},\n{')
    (here / "program-runs.json").write_text(lines + "\n")
