"""The Frechet distance of normal distributions, by scipy's matrix square root -> data/frechet.json

    python frechet.py data
"""
import json
import sys

import numpy as np
import scipy
from scipy.linalg import sqrtm

random = np.random.default_rng(4)

def normal(width, count, scale=1.0):
    """Mean and covariance of `count` rows; of lower rank than `width` where there are few."""
    rows = random.normal(size=(count, width)) @ random.normal(size=(width, width)) * scale + random.normal(size=width)
    return rows.mean(0), np.cov(rows.T)


cases = []
for name, first, second in [
    ('full rank', normal(5, 40), normal(5, 60)),
    ('one number', (np.array([1.0]), np.array([[4.0]])), (np.array([3.0]), np.array([[9.0]]))),
    ('singular', normal(8, 4), normal(8, 30)),
    ('far apart in scale', normal(6, 50, 1e-3), normal(6, 50, 1e2)),
    ('many', normal(24, 200), normal(24, 300)),
]:
    root = sqrtm(first[1] @ second[1]).real
    distance = ((first[0] - second[0]) ** 2).sum() + np.trace(first[1] + second[1] - 2 * root)
    cases.append({'name': name, 'distance': float(distance),
                  'first': {'mean': first[0].tolist(), 'covariance': first[1].ravel().tolist()},
                  'second': {'mean': second[0].tolist(), 'covariance': second[1].ravel().tolist()}})
json.dump({'scipy': scipy.__version__, 'cases': cases}, open(f'{sys.argv[1]}/frechet.json', 'w'))
print([(case['name'], case['distance']) for case in cases])
