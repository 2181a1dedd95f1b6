"""Distribution function and quantiles of Beta(a, b) as scipy computes them.

    python beta_distribution.py data/beta-distribution.json
"""
import json
import sys

import scipy
from scipy.stats import beta

rows = []
for a, b in ((0.6, 0.6), (1, 1), (2, 1), (5, 3), (17, 5), (20, 5), (100, 4), (0.05, 3), (3, 0.05)):
    rows.append(dict(
        a=a, b=b,
        cdf=[[x, float(beta.cdf(x, a, b))] for x in (1e-6, 0.01, 0.1, 0.3, 0.5, 0.77, 0.9, 0.99, 0.999999)],
        ppf=[[p, float(beta.ppf(p, a, b))] for p in (1e-6, 0.01, 0.1, 0.3, 0.5, 0.77, 0.9, 0.99, 0.999999)],
    ))
json.dump(dict(scipy=scipy.__version__, rows=rows), open(sys.argv[1], 'w'))
