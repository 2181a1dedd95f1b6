"""The fixed prompts of the measures -> prompts.json. Run once, before anything was measured, in the folder of items.json.

256 names, drawn at random from those that at least two of the three sets have, the 16 held-out combinations, and captions of
2,048 real pictures, name and style, for the Frechet distance.
"""
import json
import os
import random
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(here))
from captions import STYLES, article  # noqa: E402
from recolour import HELD_OUT  # noqa: E402

items = json.load(open('items.json'))
sets = {}
for item in items:
    sets.setdefault(item['name'], set()).add(item['set'])
names = random.Random(7).sample(sorted(name for name, having in sets.items() if len(having) > 1), 256)
prompts = {
    'prompts': [{'prompt': article(name.replace('-', ' ')), 'name': name} for name in names],
    'combinations': [{'prompt': article(f'{colour} {noun}'), 'colour': colour, 'name': noun} for colour, noun in HELD_OUT],
    'captions': [f'{article(item["name"].replace("-", " "))}, {STYLES[item["set"]]} style' for item in random.Random(8).sample(items, 2048)],
}
with open(f'{here}/prompts.json', 'w') as file:
    json.dump(prompts, file, indent=1)
    file.write('\n')
