"""Every scheduler class of diffusers, with its options and their defaults.

    python scheduler_classes.py [data/scheduler-classes.json]
"""
import inspect
import json
import math
import sys

import diffusers
from diffusers import schedulers


def plain(value):
    """As JSON: an option without a default is null, an infinity text."""
    if value is inspect.Parameter.empty:
        return None
    return str(value) if isinstance(value, float) and math.isinf(value) else value


classes = {}
for name in sorted(dir(schedulers)):
    own = getattr(schedulers, name)
    if not (inspect.isclass(own) and name.endswith('Scheduler')):
        continue
    options = inspect.signature(own.__init__).parameters.values()
    classes[name] = {o.name: plain(o.default) for o in options if o.kind is o.POSITIONAL_OR_KEYWORD and o.name != 'self'}
target = sys.argv[1] if len(sys.argv) > 1 else 'data/scheduler-classes.json'
lines = ',\n'.join(f'    {json.dumps(name)}: {json.dumps(options)}' for name, options in classes.items())
with open(target, 'w') as file:
    file.write(f'{{\n  "source": "diffusers {diffusers.__version__}",\n  "classes": {{\n{lines}\n  }}\n}}\n')
