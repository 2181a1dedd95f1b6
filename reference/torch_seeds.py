"""The first numbers of torch.randn on a CPU for seeds at the ends of what torch takes, and one range of seeds across 2^53.

    python torch_seeds.py data
"""
import json
import sys

import torch

seeds = [2**31, 2**32 - 1, 2**32 + 7, 2**53 - 1, 2**53, 2**53 + 1, 2**53 + 2, 2**63 - 1, 2**63, 0xFEDCBA9876543210,
         2**64 - 2, 2**64 - 1, -1, -(2**53) - 1, -(2**63)]
cases = [dict(seed=str(seed), latents=torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(seed)).flatten()[:40].tolist())
         for seed in seeds]


def refused(seed):
    try:
        torch.Generator().manual_seed(seed)
    except (ValueError, RuntimeError, OverflowError):
        return True
    return False


out = dict(torch=torch.__version__, cases=cases, refused=[str(s) for s in (2**64, 2**64 + 1, -(2**63) - 1) if refused(s)])
json.dump(out, open(f'{sys.argv[1]}/torch-seeds.json', 'w'))
