"""Numbers of torch.randn and torch.rand on a CPU, several sizes drawn one after the other from one generator.

    python torch_random.py data
"""
import json
import sys

import torch

cases = []
for seed in (0, 7, 1234567890, 2**32, 2**40 + 7, -1):
    generator = torch.Generator().manual_seed(seed)
    draws = []
    for size in (1, 2, 7, 15, 16, 17, 24, 31, 32, 100, 3, 1024, 1, 1027):
        x = torch.randn(size, generator=generator)
        draws.append(dict(size=size, head=x[:32].tolist(), tail=x[-16:].tolist(), sum=x.double().sum().item()))
    generator = torch.Generator().manual_seed(seed)
    uniforms = []
    for size in (1, 5, 16, 33):
        uniforms.append(torch.rand(size, generator=generator).tolist())
        torch.randn(3, generator=generator)
    cases.append(dict(seed=str(seed), draws=draws, uniforms=uniforms))
json.dump(dict(torch=torch.__version__, cases=cases), open(f'{sys.argv[1]}/torch-random.json', 'w'))
