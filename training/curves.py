"""Draws what a training logged -> SVG.

    python curves.py log.jsonl curves.svg                 # a U-Net
    python curves.py judge/log.jsonl judge/curves.svg     # the judge
    python curves.py run/tcd/log.jsonl tcd.svg            # a distilled student

Lines of `unet.py` have the loss of the batches, or what was measured on fixed pictures: of the weights as they are and of
their averages; those of `judge/train.py` the loss of names and of colours; those of `distill.py` the loss and, by the number of
evaluations, the distance to the teacher's latents and the share of names found.
"""
import json
import sys

import matplotlib

matplotlib.use('svg')
matplotlib.rcParams.update({'svg.fonttype': 'none', 'svg.hashsalt': 'fewstep', 'font.family': 'sans-serif', 'font.size': 9,
                            'axes.spines.top': False, 'axes.spines.right': False, 'axes.grid': True, 'grid.color': '#ddd'})
from matplotlib import pyplot  # noqa: E402


def judge(rows):
    return [('loss', {part: [(row['step'], row[part]) for row in rows] for part in ('names', 'colours')})]


def student(rows):
    measured = [row for row in rows if 'distance' in row]
    lines = lambda what: {f'{count} evaluations': [(row['step'], row[what][count]) for row in measured] for count in measured[0][what]}
    return [('loss of the batches', {'': [(row['step'], row['loss']) for row in rows if 'loss' in row]}),
            ('distance to the teacher', lines('distance')), ('names found', lines('found'))]


def unet(rows):
    """Three panels: batches, the fixed pictures, and how much worse a wrong caption is at high noise."""
    measured = [row for row in rows if 'trained' in row]
    batches = [(row['step'], row['loss']) for row in rows if 'loss' in row]
    averages = dict.fromkeys(name for row in measured for name in row.get('averaged', {}))

    def series(place):
        lines = {'as trained': [(row['step'], row['trained'][place]) for row in measured]}
        for name in averages:
            lines[f'average, last {name}'] = [(row['step'], row['averaged'][name][place]) for row in measured if name in row.get('averaged', {})]
        return lines

    return [('loss of the batches', {'': batches}), ('loss, fixed originals', series(0)),
            ('loss, fixed recoloured', series(1)), ('wrong caption / right', series(2))]


# A run that was resumed logs some steps twice: the later line holds.
kinds = {}
for line in open(sys.argv[1]):
    row = json.loads(line)
    kinds[row['step'], *sorted(row)] = row
rows = sorted(kinds.values(), key=lambda row: row['step'])
panels = judge(rows) if 'names' in rows[0] else student(rows) if any('distance' in row for row in rows) else unet(rows)
figure, axes = pyplot.subplots(1, len(panels), figsize=(3.1 * len(panels), 2.4), squeeze=False, layout='constrained')
for axis, (title, lines) in zip(axes[0], panels):
    for name, points in lines.items():
        axis.plot(*zip(*points), label=name, linewidth=1.2)
    axis.set(title=title, xlabel='step')
    if '' not in lines:
        axis.legend(frameon=False, fontsize=8)
figure.savefig(sys.argv[2], metadata={'Date': None})
