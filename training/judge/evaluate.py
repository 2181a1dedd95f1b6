"""What the judge makes of real pictures -> real.json, real.f32, beside judge.onnx.

    python evaluate.py        # in the folder of images.u8, recoloured.u8 and unseen.u8

`real.f32` has the mean and the covariance of the real pictures' features (128 + 128 x 128 numbers, float32). `real.json` has
the shares of pictures whose name is among the judge's five best and the best, of all real pictures, of those of the measures'
256 prompts, and of a design that it has never seen; how often the colour of a recoloured picture is right; and the Frechet
distance of 2,048 of the real pictures to all of them, below which no model comes.
"""
import argparse
import json
import os

import numpy as np
import onnxruntime
import scipy.linalg

here = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser()
parser.add_argument('--judge', default=here, help='folder of judge.onnx and names.json')
folder = parser.parse_args().judge
known = json.load(open(f'{folder}/names.json'))
number = {name: i for i, name in enumerate(known['names'])}
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(f'{folder}/judge.onnx', options, providers=['CPUExecutionProvider'])


def pictures(path):
    return np.fromfile(path, np.uint8).reshape(-1, 64, 64, 3)


def judge(images):
    """Features, scores of names, scores of colours."""
    outputs = [session.run(None, {'pixels': batch.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1})
               for batch in np.array_split(images, max(1, len(images) // 64))]
    return [np.concatenate(part) for part in zip(*outputs)]


def shares(scores, names):
    wanted = np.array([number[name] for name in names])
    ranks = (scores > scores[np.arange(len(scores)), wanted][:, None]).sum(1)
    return {'pictures': len(ranks), 'fiveBest': round(float((ranks < 5).mean()), 4), 'best': round(float((ranks < 1).mean()), 4)}


def distance(a, b):
    (mean_a, cov_a), (mean_b, cov_b) = a, b
    return float(((mean_a - mean_b) ** 2).sum() + np.trace(cov_a + cov_b - 2 * scipy.linalg.sqrtm(cov_a @ cov_b).real))


def statistics(features):
    return features.mean(0), np.cov(features.T)


names = [item['name'] for item in json.load(open('items.json'))]
features, scores, _ = judge(pictures('images.u8'))
features = features.astype(np.float64)
real = statistics(features)
np.concatenate([real[0], real[1].ravel()]).astype(np.float32).tofile(f'{folder}/real.f32')
asked = {prompt['name'] for prompt in json.load(open(f'{here}/prompts.json'))['prompts']}
rows = [i for i, name in enumerate(names) if name in asked]
some = np.random.default_rng(9).permutation(len(features))[:2048]
recoloured = json.load(open('recoloured.json'))['recoloured']
_, _, colours = judge(pictures('recoloured.u8'))
right = [known['colours'][best] == colour for best, (_, colour) in zip(colours.argmax(1), recoloured)]
unseen = json.load(open('unseen.json'))
there = [i for i, item in enumerate(unseen) if item['name'] in number]
_, unseen_scores, _ = judge(pictures('unseen.u8')[there])
report = {
    'real': shares(scores, names),
    'prompts': shares(scores[rows], [names[i] for i in rows]),
    'unseen': shares(unseen_scores, [unseen[i]['name'] for i in there]),
    'recoloured': {'pictures': len(right), 'colour': round(float(np.mean(right)), 4)},
    'frechet': {'pictures': len(some), 'distance': round(distance(statistics(features[some]), real), 4)},
}
with open(f'{folder}/real.json', 'w') as file:
    json.dump(report, file, indent=1)
    file.write('\n')
print(json.dumps(report, indent=1))
