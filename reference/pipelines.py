"""What diffusers' pipelines make of a scheduler configuration: what their constructors change, and the runs that follow.

    python pipelines.py [data/pipelines.json]

A run's network is `epsilon = x/2 + t/2000` of the input x as the scheduler scales it and the timestep t that the network is told,
so that every timestep changes the result. It begins with the same numbers each time, times `init_noise_sigma`, and takes the
steps as the pipelines do: with `eta = 0` where `step` has it. Runs that draw noise have no result.
"""
import importlib
import inspect
import json
import pkgutil
import re
import sys
import warnings

import diffusers
import torch
from diffusers import DiffusionPipeline, StableDiffusionPipeline, pipelines
from diffusers.utils import logging

logging.set_verbosity_error()
warnings.simplefilter('ignore')

CHANGES = {
    'steps_offset': r'new_config\["steps_offset"\] = 1',
    'clip_sample': r'new_config\["clip_sample"\] = False',
    'skip_prk_steps': r'new_config\["skip_prk_steps"\] = True',
    'sample_size': r'new_config\["sample_size"\] = 64',
}
TABLE = {'beta_start': 0.00085, 'beta_end': 0.012, 'beta_schedule': 'scaled_linear'}
X = [1.5, -0.75, 0.25, -2.0]


def subclasses(of):
    for own in of.__subclasses__():
        yield own
        yield from subclasses(own)


def changes():
    """Pipeline class → the options that its constructor changes, where there are any; and all Stable Diffusion ones."""
    for module in pkgutil.walk_packages(pipelines.__path__, 'diffusers.pipelines.'):
        try:
            importlib.import_module(module.name)
        except Exception as error:  # one that needs a package which is not here
            print('left out', module.name, str(error)[:60], file=sys.stderr)
    rows = {}
    for own in subclasses(DiffusionPipeline):
        source = inspect.getsource(own.__init__) if '__init__' in own.__dict__ else ''
        # Some only hand their parts to the constructor of the class above.
        if re.search(r'super\(\)\.__init__\(\s*\w', source):
            source += inspect.getsource(own.__mro__[1].__init__)
        found = [name for name, pattern in CHANGES.items() if re.search(pattern, source)]
        if found or re.match(r'(Onnx)?(StableDiffusion|LatentConsistency)', own.__name__):
            rows[own.__name__] = found
    return dict(sorted(rows.items()))


def pipeline(scheduler):
    """Its own constructor, without any of the other parts."""
    return StableDiffusionPipeline(
        vae=None, text_encoder=None, tokenizer=None, unet=None, scheduler=scheduler,
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )


def run(pipe, steps):
    scheduler = pipe.scheduler
    scheduler.set_timesteps(steps)
    extra = pipe.prepare_extra_step_kwargs(torch.Generator().manual_seed(0), 0.0)
    x = torch.tensor(X).reshape(1, 1, 2, 2) * scheduler.init_noise_sigma
    told = []
    before = torch.Generator().manual_seed(0).get_state()
    for t in scheduler.timesteps:
        told.append(float(t))
        scaled = scheduler.scale_model_input(x, t)
        x = scheduler.step(scaled / 2 + float(t) / 2000, t, x, **extra).prev_sample
    generator = extra.get('generator')
    drawn = generator is not None and not torch.equal(generator.get_state(), before)
    return {'timesteps': told, 'result': None if drawn else x.flatten().tolist()}


VARIANTS = [
    {},
    {'steps_offset': 0},
    {'steps_offset': 1},
    {'steps_offset': 2},
    {'steps_offset': None},
    {'clip_sample': True},
    {'steps_offset': 0, 'clip_sample': True, 'set_alpha_to_one': False},
]
CLASSES = {
    'PNDMScheduler': [{'skip_prk_steps': True}, {}],
    'DDIMScheduler': [{}, {'timestep_spacing': 'trailing'}],
    'DDPMScheduler': [{}],
    'TCDScheduler': [{}],
    'LCMScheduler': [{}],
    'EulerDiscreteScheduler': [{'timestep_spacing': 'leading'}, {}],
    'EulerAncestralDiscreteScheduler': [{'timestep_spacing': 'leading'}],
    'HeunDiscreteScheduler': [{'timestep_spacing': 'leading'}],
    'LMSDiscreteScheduler': [{'timestep_spacing': 'leading'}],
    'KDPM2DiscreteScheduler': [{'timestep_spacing': 'leading'}],
    'DPMSolverMultistepScheduler': [{'timestep_spacing': 'leading'}, {'use_karras_sigmas': True}],
    'DPMSolverSinglestepScheduler': [{}],
    'DEISMultistepScheduler': [{'timestep_spacing': 'leading'}],
    'UniPCMultistepScheduler': [{'timestep_spacing': 'leading'}],
}


def runs():
    for name, own in CLASSES.items():
        cls = getattr(diffusers, name)
        for options in own:
            for variant in VARIANTS:
                config = {'_class_name': name, **TABLE, **options, **variant}
                try:
                    pipe = pipeline(cls.from_config(config))
                except Exception as error:  # classes that use the option in their own constructor
                    yield {'config': config, 'steps': 5, 'failed': type(error).__name__}
                    continue
                yield {'config': config, 'steps': 5, **run(pipe, 5)}


def named():
    """A scheduler of another class: given to the constructor, or swapped in afterwards (`pipe.scheduler = …`)."""
    # Without clip_sample, a DDIM that is swapped in would clip latents, as a class of models of pixels.
    config = {'_class_name': 'PNDMScheduler', 'skip_prk_steps': True, 'set_alpha_to_one': False, 'clip_sample': False, **TABLE}
    classes = {
        'ddim': 'DDIMScheduler', 'tcd': 'TCDScheduler', 'lcm': 'LCMScheduler', 'dpmpp-2m': 'DPMSolverMultistepScheduler',
        'euler': 'EulerDiscreteScheduler', 'unipc-2': 'UniPCMultistepScheduler',
    }
    for variant in [{}, {'steps_offset': 0}, {'steps_offset': 1}]:
        for spacing in [{}, {'timestep_spacing': 'leading'}]:
            own = {**config, **variant, **spacing}
            for solver, name in classes.items():
                cls = getattr(diffusers, name)
                given = pipeline(cls.from_config(own))
                swapped = pipeline(diffusers.PNDMScheduler.from_config(own))
                swapped.scheduler = cls.from_config(swapped.scheduler.config)
                yield {'config': own, 'solver': solver, 'steps': 5, 'given': run(given, 5), 'swapped': run(swapped, 5)}


def guidance():
    """Conditions of one evaluation, by guidance scale: `do_classifier_free_guidance`."""
    pipe = pipeline(diffusers.DDIMScheduler())
    pipe.unet = torch.nn.Identity()
    pipe.unet.config = type('Config', (), {'time_cond_proj_dim': None})()
    for scale in [-2.0, 0.0, 0.5, 1.0, 1.001, 7.5]:
        pipe._guidance_scale = scale
        yield {'guidance': scale, 'conditions': 2 if pipe.do_classifier_free_guidance else 1}


def sizes():
    """The `sample_size` that a run begins with, by the version that wrote a U-Net's configuration."""
    for version in ['0.2.2', '0.6.0.dev0', '0.8.1', '0.9.0.dev0', '0.9.0', '0.35.1', None]:
        for size in [32, 64, 96, [32, 48]]:
            config = {'sample_size': size, **({} if version is None else {'_diffusers_version': version})}
            unet = torch.nn.Identity()
            unet.config = diffusers.configuration_utils.FrozenDict(config)
            pipe = StableDiffusionPipeline.__new__(StableDiffusionPipeline)
            pipe.register_modules = lambda **_: None
            pipe.register_to_config = lambda **_: None
            StableDiffusionPipeline.__init__(
                pipe, vae=None, text_encoder=None, tokenizer=None, unet=unet, scheduler=None,
                safety_checker=None, feature_extractor=None, requires_safety_checker=False,
            )
            made = getattr(unet, '_internal_dict', unet.config)
            yield {'config': config, 'sample_size': made['sample_size']}


target = sys.argv[1] if len(sys.argv) > 1 else 'data/pipelines.json'
made = {
    'source': f'diffusers {diffusers.__version__}, torch {torch.__version__.split("+")[0]}',
    'changes': changes(),
    'runs': list(runs()),
    'named': list(named()),
    'guidance': list(guidance()),
    'sizes': list(sizes()),
}
with open(target, 'w') as file:
    parts = []
    for key, value in made.items():
        if isinstance(value, list):
            value = '[\n' + ',\n'.join(f'    {json.dumps(each)}' for each in value) + '\n  ]'
        elif isinstance(value, dict):
            value = '{\n' + ',\n'.join(f'    {json.dumps(k)}: {json.dumps(v)}' for k, v in value.items()) + '\n  }'
        else:
            value = json.dumps(value)
        parts.append(f'  {json.dumps(key)}: {value}')
    file.write('{\n' + ',\n'.join(parts) + '\n}\n')
