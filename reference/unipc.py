"""The authors' UniPC (github.com/wl-zhao/UniPC) on data from a Gaussian mixture, in float64.

    python unipc.py path/to/UniPC

writes data/originals/unipc.json: for each order, variant and prediction the levels (sigma/alpha), x at the first one, and
what their sampler makes of it.
"""

import contextlib
import io
import json
import pathlib
import sys

import numpy as np
import torch

sys.path.insert(0, sys.argv[1])
from uni_pc import NoiseScheduleVP, UniPC  # noqa: E402

MIXTURE = [(0.3, -1.5, 0.3), (0.5, 0.2, 0.5), (0.2, 2.0, 0.2)]
STEPS, START, END = 9, 1.2, 1e-3


def denoised(x, alpha, sigma):
    variances = [alpha**2 * deviation**2 + sigma**2 for _, _, deviation in MIXTURE]
    logs = np.array(
        [np.log(w) - np.log(v) / 2 - (x - alpha * c) ** 2 / (2 * v) for (w, c, _), v in zip(MIXTURE, variances)]
    )
    means = np.array([c + alpha * d**2 / v * (x - alpha * c) for (_, c, d), v in zip(MIXTURE, variances)])
    shares = np.exp(logs - logs.max())
    return float(shares @ means / shares.sum())


torch.set_default_dtype(torch.float64)
schedule = NoiseScheduleVP("linear", dtype=torch.float64)


def model(x, t):
    alpha, sigma = (float(f(t.view(-1)[:1])) for f in (schedule.marginal_alpha, schedule.marginal_std))
    return torch.full((1, 1, 1, 1), (float(x) - alpha * denoised(float(x), alpha, sigma)) / sigma)


cases = []
for order in (1, 2, 3):
    for variant in ("bh1", "bh2", "vary_coeff"):
        for view in ("data", "noise"):
            sampler = UniPC(model, schedule, algorithm_type=f"{view}_prediction", variant=variant)
            with contextlib.redirect_stdout(io.StringIO()):
                x = sampler.sample(
                    torch.full((1, 1, 1, 1), START), steps=STEPS, order=order, skip_type="logSNR", t_end=END
                )
            times = sampler.get_time_steps("logSNR", schedule.T, END, STEPS, "cpu")
            sigmas = [float(schedule.marginal_std(t.view(-1)) / schedule.marginal_alpha(t.view(-1))) for t in times]
            cases.append({"order": order, "variant": variant, "view": view, "sigmas": sigmas, "x": START, "end": float(x)})

target = pathlib.Path(__file__).parent / "data/originals/unipc.json"
target.write_text(json.dumps(cases, indent=1) + "\n")
