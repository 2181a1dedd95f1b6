"""How far files are from what they were: `python differences.py BEFORE AFTER PATH…`, a line for each that differs.

Numbers (.f32, .json), bytes (.u8) and pictures (.png) by their largest and root-mean-square difference, ONNX files by their
weights, anything else by whether it is the same.
"""
import json
import os
import sys

import numpy as np
import onnx
from onnx import numpy_helper
from PIL import Image

before, after, *paths = sys.argv[1:]


def numbers(path):
    """Arrays that a file consists of; None where it is no such file."""
    end = os.path.splitext(path)[1]
    if end == '.f32':
        return [np.fromfile(path, np.float32)]
    if end == '.u8':
        return [np.fromfile(path, np.uint8)]
    if end == '.png':
        return [np.asarray(Image.open(path).convert('RGB'))]
    if end == '.onnx':
        graph = onnx.load(path).graph
        constants = [a.t for node in graph.node for a in node.attribute if a.name == 'value' and a.t.data_type]
        return [numpy_helper.to_array(tensor) for tensor in [*graph.initializer, *constants]]
    if end == '.json':
        return [np.array(list(inside(json.load(open(path)))), np.float64)]
    return None


def inside(value):
    """The numbers of a JSON value, in order."""
    if isinstance(value, (int, float)):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from inside(each)


def difference(old, new):
    if len(old) != len(new) or any(a.shape != b.shape for a, b in zip(old, new)):
        return 'other shapes'
    apart = [np.abs(a.astype(np.float64) - b.astype(np.float64)).ravel() for a, b in zip(old, new) if a.size > 0]
    joined = np.concatenate([*apart, [0]])
    if joined.max() == 0:
        return 'the same numbers'
    return f'at most {joined.max():.2e}, root mean square {np.sqrt((joined**2).mean()):.2e}, {(joined > 0).mean():.3%} differ'


def files(path):
    for root in (before, after):
        if os.path.isfile(f'{root}/{path}'):
            yield path
        for folder, _, names in os.walk(f'{root}/{path}'):
            yield from (os.path.relpath(f'{folder}/{name}', root) for name in names)


same = 0
for path in sorted({file for path in paths for file in files(path)}):
    old, new = f'{before}/{path}', f'{after}/{path}'
    if not os.path.exists(old) or not os.path.exists(new):
        print(path, 'is new' if os.path.exists(new) else 'is gone')
    elif open(old, 'rb').read() == open(new, 'rb').read():
        same += 1
    else:
        was, is_ = numbers(old), numbers(new)
        print(path, 'differs' if was is None else difference(was, is_))
print(same, 'files are the same')
