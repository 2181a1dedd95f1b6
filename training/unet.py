"""Trains the U-Net, and the text encoder along with it, on the latents.

    python unet.py --run run/base --steps 4400 --optimizer adamw --recoloured 0          # afresh, after text_encoder.py
    python unet.py --run run/layout --start FOLDER --text out/layout --frozen --power 0.5   # on from a diffusers folder
    python unet.py --run run/taught --start SOFT --teacher FOLDER --frozen --batch 32       # its guidance, made weaker: see `guided_errors`

The same command again resumes from the run's last checkpoint. A file named STOP in the run's folder starts the final
cool-down early. The learning rate is planned on steps: warm-up, constant, then linear to zero over the cool-down.

A process for each core works on its part of a batch, with one thread: two together are a third faster than one with two
threads. Weights, averages and gradients lie in memory that they share, and each process moves its own part of the weights.

The loss is that of velocity, (1/alpha_bar) * |epsilon error|^2, tamed by min-SNR: with min-SNR on epsilon alone the prompt
was ignored, since what a prompt decides is decided at high noise, where that weight is smallest.
"""
import argparse
import copy
import json
import os
import time

import torch
import torch.multiprocessing as processes
from diffusers import DDPMScheduler, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from captions import MEANT, captions
from muon import Muon

# Averages of the weights over about the last ninth and the last third of a run: at step t an average moves n / (t + n) of the way.
AVERAGES = {'ninth': 9, 'third': 3}
# The share of captions that name no style, where those mean one design.
UNSTYLED = 0.45
# The default of the embedded model, for which a U-Net that has a teacher is trained.
GUIDANCE = 7.5
# The timesteps below and above which its prompts have the first and the second of --shares.
RISE = (500, 900)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument('--run', required=True, help='folder of the checkpoints, the log and the weights')
    parser.add_argument('--start', help='diffusers folder to train on from')
    parser.add_argument('--tokenizer', default='out/tokenizer')
    parser.add_argument('--text', help='the text encoder, where it is not that of --start; out/text_pre when training afresh')
    parser.add_argument('--frozen', action='store_true', help='leave the text encoder as it is')
    parser.add_argument('--optimizer', choices=['muon', 'adamw'], default='muon')
    parser.add_argument('--rate', type=float, default=5e-4)
    parser.add_argument('--steps', type=int, default=3000)
    parser.add_argument('--cooldown', type=int, default=1200)
    parser.add_argument('--batch', type=int, default=64)
    parser.add_argument('--recoloured', type=float, default=0.4, help='share of recoloured pictures')
    parser.add_argument('--teacher', help='diffusers folder whose guided predictions are learnt: see `guided_errors`')
    parser.add_argument('--shares', type=float, nargs=2, default=[0.3, 0.8],
                        help='of what the prompt changes in predictions of --teacher: below timestep 500 and above 900, and a line between them')
    parser.add_argument('--one-design', action='store_true', help='captions without a style mean one design')
    parser.add_argument('--power', type=float, default=1, help='timesteps are 1000 u^power, u from 0 to 1: below 1 more of them are noisy')
    parser.add_argument('--probe', type=int, default=48, help='fixed pictures that the curve is measured on')
    parser.add_argument('--every', type=int, default=150, help='steps from one checkpoint to the next')
    parser.add_argument('--processes', type=int, default=2)
    parser.add_argument('--compile', action='store_true', help='needs a C++ compiler and three minutes')
    parser.add_argument('--seed', type=int, default=0)
    return parser.parse_args()


class PlainAttention:
    """Attention as products and a softmax in bfloat16: on a CPU 1.8 times the pace of torch's fused one, whose backward is slow."""

    def __call__(self, attention, hidden_states, encoder_hidden_states=None, attention_mask=None, **_):
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        split = lambda x: x.unflatten(-1, (attention.heads, -1)).transpose(1, 2)
        query, key, value = split(attention.to_q(hidden_states)), split(attention.to_k(context)), split(attention.to_v(context))
        scores = (query * query.shape[-1] ** -0.5) @ key.mT
        out = scores.softmax(-1, dtype=scores.dtype) @ value
        return attention.to_out[0](out.transpose(1, 2).flatten(2))


class Pool:
    """Pictures with the captions that they have, as rows of a table: by themselves, in their own colour, recoloured."""

    def __init__(self, items, colours, rows_of):
        said = lambda ways: {picture: rows for picture, rows in ((picture, rows_of(index, colour)) for picture, index, colour in ways) if rows}
        self.plain = said((index, index, None) for index in range(len(items)))
        self.own = said((index, index, colour) for index, colour in enumerate(colours['own']) if colour is not None)
        self.recoloured = said((picture, *way) for picture, way in enumerate(colours['recoloured']))
        self.pictures, by_original = list(self.plain), {}
        for picture in self.recoloured:
            by_original.setdefault(colours['recoloured'][picture][0], []).append(picture)
        self.versions = list(by_original.values())


def drawn(options, random):
    return options[int(torch.randint(len(options), (), generator=random))]


class Pictures:
    """Latents and the rows of `table`, a table of tokens, that may describe each.

    A caption without a style means any of three designs; with `one_design` one of them, and a share of UNSTYLED has none.
    Without `latents` there are captions alone; `without` are names of pictures that are left out.
    """

    def __init__(self, tokenizer, one_design=False, latents=True, without=()):
        items, colours = (json.load(open(name)) for name in ('items.json', 'recoloured.json'))
        self.latents = torch.load('latents.pt') if latents else None
        rows, sets = {'': 0}, {}
        number = lambda texts: [rows.setdefault(text, len(rows)) for text in texts]
        left_out = lambda index: items[index]['name'] in without
        ways = [(index, None) for index in range(len(items))] + list(enumerate(colours['own'])) + colours['recoloured']
        for index, colour in ways:
            sets.setdefault((items[index]['name'], colour), set()).add(items[index]['set'])

        def meant(index, colour):
            """Captions without a style, of a picture that they mean."""
            item = items[index]
            first = min(sets[item['name'], colour], key=MEANT.index)
            return number(captions(item, colour, styled=[False])) if item['set'] == first and not left_out(index) else []

        def said(styled):
            return lambda index, colour: [] if left_out(index) else number(captions(items[index], colour, styled=styled))

        kinds = [meant, said([True])] if one_design else [said([False, True])]
        self.pools = [Pool(items, colours, rows_of) for rows_of in kinds]
        self.texts = list(rows)
        if latents:
            self.table = tokenizer(self.texts, padding='max_length', max_length=32, truncation=True, return_tensors='pt').input_ids

    def pick(self, random, share):
        """A picture, as its kind and number, and the rows that may describe it; recoloured at that share, its own colour said in a quarter of the rest."""
        chance = lambda below: bool(torch.rand((), generator=random) < below)
        pool = self.pools[0] if len(self.pools) == 1 or chance(UNSTYLED) else self.pools[1]
        if chance(share):
            picture = drawn(drawn(pool.versions, random), random)
            return 'recoloured', picture, pool.recoloured[picture]
        picture = drawn(pool.pictures, random)
        own = share > 0 and picture in pool.own and chance(0.25)
        return 'original', picture, pool.own[picture] if own else pool.plain[picture]

    def choose(self, count, random, share):
        """Latents and rows."""
        chosen, captioned = [], []
        for _ in range(count):
            kind, picture, rows = self.pick(random, share)
            mean, deviation = (each[picture].float() for each in self.latents[kind])
            chosen.append(mean + deviation * torch.randn(mean.shape, generator=random))
            captioned.append(drawn(rows, random))
        return torch.stack(chosen), torch.tensor(captioned)

    def caption(self, random, share):
        return self.texts[drawn(self.pick(random, share)[2], random)]


def stratified(count, random, power=1):
    steps = ((torch.arange(count) + torch.rand(count, generator=random)) / count) ** power * 1000
    return steps.long().clamp(max=999)[torch.randperm(count, generator=random)]


scheduler = DDPMScheduler(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule='scaled_linear')
alpha_bar = scheduler.alphas_cumprod
snr = alpha_bar / (1 - alpha_bar)
weights = (1 / alpha_bar).clamp(max=60) * (5 / snr).clamp(max=1)


def noised(x0, t, noise):
    signal = alpha_bar[t].view(-1, 1, 1, 1)
    return (signal.sqrt() * x0 + (1 - signal).sqrt() * noise).contiguous(memory_format=torch.channels_last)


def errors(unet, text, x0, tokens, t, noise):
    """The squared error on epsilon of each picture."""
    x = noised(x0, t, noise)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        out = unet(x, t, text(tokens)[0], return_dict=False)[0]
    return (out.float() - noise).pow(2).mean((1, 2, 3))


def guided_errors(unet, text, teacher, shares, x0, tokens, empty, t, noise):
    """How far guided predictions are from those of a teacher whose own guidance is a share as strong, by timestep.

    With e_p, e_u the prompted and the unprompted prediction and T the teacher's, the prompted one is to become T_u + share (T_p - T_u),
    the unprompted one to stay T_u. Guidance then multiplies what is wrong with either, so that the squared error is that of
    e_u + 7.5 (e_p - e_u), with that of e_u itself added: else an error of one would be made up for by the other.
    """
    share = (shares[0] + (shares[1] - shares[0]) * ((t - RISE[0]) / (RISE[1] - RISE[0])).clamp(0, 1)).view(-1, 1, 1, 1)
    x, t = noised(*(torch.cat([each, each]) for each in (x0, t, noise))), torch.cat([t, t])
    context = text(torch.cat([tokens, empty]))[0]
    context = torch.cat([context[:-1], context[-1:].expand_as(context[:-1])])
    with torch.autocast('cpu', dtype=torch.bfloat16):
        with torch.no_grad():
            prompted, unprompted = teacher(x, t, context, return_dict=False)[0].float().chunk(2)
        off = unet(x, t, context, return_dict=False)[0].float() - torch.cat([unprompted + share * (prompted - unprompted), unprompted])
    prompted, unprompted = off.chunk(2)
    guided = unprompted + GUIDANCE * (prompted - unprompted)
    return (guided.pow(2) + unprompted.pow(2)).mean((1, 2, 3))


class Probe:
    """Fixed pictures, captions and noise: a curve without the noise of the batches. Never used to choose a picture."""

    def __init__(self, pictures, count):
        fixed = torch.Generator().manual_seed(12345)
        self.sets = []
        for share in (0, 1):
            x0, captioned = pictures.choose(count, fixed, share)
            t, noise = stratified(count, fixed), torch.randn(count, 4, 16, 16, generator=fixed)
            self.sets.append((x0, pictures.table[captioned], t, noise))

    @torch.no_grad()
    @torch.compiler.set_stance('force_eager')
    def measure(self, unet, text):
        """Weighted loss on originals, on recoloured ones, and how much worse a wrong caption is at high noise."""
        losses = [(errors(unet, text, x0, tokens, t, noise) * weights[t]).mean().item() for x0, tokens, t, noise in self.sets]
        x0, tokens, t, noise = self.sets[0]
        high = 800 + t // 5
        right = errors(unet, text, x0, tokens, high, noise).mean().item()
        wrong = errors(unet, text, x0, tokens.roll(1, 0), high, noise).mean().item()
        return [round(value, 5) for value in (*losses, wrong / right)]


def prepared(unet):
    unet.set_attn_processor(PlainAttention())
    return unet.to(memory_format=torch.channels_last)


def networks(options):
    text = CLIPTextModel.from_pretrained(options.text or (f'{options.start}/text_encoder' if options.start else 'out/text_pre'))
    text.requires_grad_(not options.frozen)
    if options.start:
        unet = UNet2DConditionModel.from_pretrained(f'{options.start}/unet')
    else:
        unet = UNet2DConditionModel(
            sample_size=16, in_channels=4, out_channels=4, layers_per_block=2, block_out_channels=(64, 128, 192), norm_num_groups=16,
            down_block_types=('CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'),
            up_block_types=('UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'), cross_attention_dim=192, attention_head_dim=4)
    return torch.nn.ModuleDict({'unet': prepared(unet), 'text': text}).train()


def share_of(rank, count, names):
    """The weights that a process moves: every count-th, by size."""
    return sorted(names, key=lambda each: -each[1].numel())[rank::count]


def is_matrix(name, parameter):
    return parameter.ndim > 1 and not any(part in name for part in ('embedding.', 'conv_in', 'conv_out'))


def train(rank, options, model, averages, gradients, norms, barrier):
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    count, parent = options.processes, os.getppid()
    # Longer than compiling takes; a process whose partner is gone ends.
    wait = lambda: barrier.wait(900)
    folder = f'{options.start}/tokenizer' if options.start else options.tokenizer
    pictures = Pictures(CLIPTokenizer.from_pretrained(folder), options.one_design)
    probe = Probe(pictures, options.probe)
    unet, text = model['unet'], model['text']

    # A process's gradients lie one after the other in its row of `gradients`, where the others read them.
    text.requires_grad_(not options.frozen)
    trained = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    views, offset = {}, 0
    for name, parameter in trained:
        views[name] = [row.as_strided(parameter.shape, parameter.stride(), row.storage_offset() + offset) for row in gradients]
        parameter.grad = views[name][rank]
        offset += parameter.numel()
    matrices = [each for each in trained if options.optimizer == 'muon' and is_matrix(*each)]
    others = [each for each in trained if not (options.optimizer == 'muon' and is_matrix(*each))]
    matrices, others = share_of(rank, count, matrices), share_of(rank, count, others)
    mine = matrices + others
    optimizers = [torch.optim.AdamW([p for _, p in others], options.rate, betas=(0.9, 0.99), weight_decay=1e-3)]
    if matrices:
        optimizers.append(Muon([p for _, p in matrices], options.rate, weight_decay=1e-2))
    averaged = {name: dict(average.named_parameters()) for name, average in averages.items()}

    def log(**row):
        if rank > 0:
            return
        print(row, flush=True)
        with open(f'{options.run}/log.jsonl', 'a') as file:
            file.write(json.dumps(row) + '\n')

    def measure():
        if rank == 0:
            torch.set_num_threads(count)
            rows = {'trained': probe.measure(unet, text)}
            rows['averaged'] = {name: probe.measure(average['unet'], average['text']) for name, average in averages.items()}
            log(step=step, **rows)
            torch.set_num_threads(1)
        wait()

    def save():
        torch.save([optimizer.state_dict() for optimizer in optimizers], f'{options.run}/optimizers{rank}.new')
        wait()
        if rank == 0:
            for name, each in (('trained', model), *averages.items()):
                each['unet'].save_pretrained(f'{options.run}/{name}/unet')
                each['text'].save_pretrained(f'{options.run}/{name}/text_encoder')
            state = {'step': step, 'cooling': cooling, 'model': model.state_dict(),
                     'averages': {name: average.state_dict() for name, average in averages.items()}}
            torch.save(state, f'{options.run}/state.new')
            for each in range(count):
                os.replace(f'{options.run}/optimizers{each}.new', f'{options.run}/optimizers{each}.pt')
            os.replace(f'{options.run}/state.new', f'{options.run}/state.pt')
        wait()

    step, cooling = 0, options.steps - options.cooldown
    if os.path.exists(f'{options.run}/state.pt'):
        state = torch.load(f'{options.run}/state.pt')
        step, cooling = state['step'], state['cooling']
        if rank == 0:
            model.load_state_dict(state['model'])
            for name, average in averages.items():
                average.load_state_dict(state['averages'][name])
        if os.path.exists(f'{options.run}/optimizers{rank}.pt'):
            for optimizer, saved in zip(optimizers, torch.load(f'{options.run}/optimizers{rank}.pt')):
                optimizer.load_state_dict(saved)
    measure()
    teacher = None
    if options.teacher:
        teacher = prepared(UNet2DConditionModel.from_pretrained(f'{options.teacher}/unet')).requires_grad_(False)
    if options.compile:
        for each in (unet, teacher):
            if each is not None:
                each.compile(dynamic=False)
    first, began, recent = step, time.time(), []
    while step < cooling + options.cooldown:
        if step % 20 == 0:
            if os.getppid() != parent:
                return
            stop = os.path.exists(f'{options.run}/STOP')
            wait()
            if stop and step < cooling:
                cooling = step
                log(step=step, cooling=True)
        rate = options.rate * min(1, (step + 1) / 50, (cooling + options.cooldown - step) / options.cooldown)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group['lr'] = rate if isinstance(optimizer, Muon) or not matrices else min(rate, 5e-4)
        # Each step has its own seed, so that a resumed run sees what an unbroken one sees.
        random = torch.Generator().manual_seed(options.seed * 1_000_003 + step)
        x0, captioned = pictures.choose(options.batch, random, options.recoloured)
        if teacher is None:
            captioned[torch.rand(options.batch, generator=random) < 0.1] = 0
        t = stratified(options.batch, random, options.power)
        noise = torch.randn(x0.shape, generator=random)
        x0, tokens, t, noise = (each[rank::count] for each in (x0, pictures.table[captioned], t, noise))
        if teacher is None:
            wrong = errors(unet, text, x0, tokens, t, noise)
        else:
            wrong = guided_errors(unet, text, teacher, options.shares, x0, tokens, pictures.table[:1], t, noise)
        loss = (wrong * weights[t]).mean()
        gradients[rank].zero_()
        loss.backward()
        wait()
        with torch.no_grad():
            for name, parameter in mine:
                for other in range(count):
                    if other != rank:
                        parameter.grad.add_(views[name][other])
                parameter.grad.div_(count)
            norms[rank] = torch.stack(torch._foreach_norm([parameter.grad for _, parameter in mine])).norm()
            wait()
            torch._foreach_mul_([parameter.grad for _, parameter in mine], min(1, 1 / (norms.norm().item() + 1e-6)))
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        with torch.no_grad():
            for kind, average in averaged.items():
                pull = AVERAGES[kind] / (step + AVERAGES[kind])
                torch._foreach_lerp_([average[name] for name, _ in mine], [parameter for _, parameter in mine], pull)
        wait()
        recent.append(loss.item())
        if step % 20 == 0:
            pace = (step - first) * options.batch / (time.time() - began)
            log(step=step, loss=round(sum(recent[-20:]) / len(recent[-20:]), 4), rate=rate, pace=round(pace, 1))
        if step % options.every == 0:
            measure()
            save()
    save()
    measure()


if __name__ == '__main__':
    options = parse()
    os.makedirs(options.run, exist_ok=True)
    model = networks(options)
    averages = {name: copy.deepcopy(model) for name in AVERAGES}
    for each in (model, *averages.values()):
        each.share_memory()
    size = sum(parameter.numel() for parameter in model.parameters())
    gradients = torch.zeros(options.processes, size).share_memory_()
    norms = torch.zeros(options.processes).share_memory_()
    barrier = processes.get_context('spawn').Barrier(options.processes)
    processes.spawn(train, (options, model, averages, gradients, norms, barrier), options.processes)
