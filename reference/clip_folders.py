"""Token ids of transformers' CLIPTokenizer for folders as people have them: special tokens in one file or another, added
tokens, missing files. Every folder is the embedded model's, with the files that are named changed.

    python clip_folders.py TOKENIZER_FOLDER data

`files`: null for a file that is not there, text for a whole file, an object for a JSON file of these keys. Of tokenizer.json
an object has what replaces keys of the embedded model's (`over`), and `merges`: 'text' where each merge is one string.
`ids`: one list for each prompt, padded and truncated to `length` as diffusers' pipelines ask for it, without the ids of
padding at the end.
"""
import json
import pathlib
import random
import sys
import tempfile

from transformers import CLIPTokenizer

source = pathlib.Path(sys.argv[1])
whole = json.loads((source / 'tokenizer.json').read_text(encoding='utf-8'))
size = len(whole['model']['vocab'])
START, END = '<|startoftext|>', '<|endoftext|>'

prompts = [
    'a red apple', 'A RED  Apple!', '', '   ', '!', '! !! !!!', '!\'s ?!\'ll', 'a cat <|endoftext|> dog', '<|startoftext|>apple', 'a<|endoftext|>b',
    '<|ENDOFTEXT|>', 'x <|STARTOFTEXT|> y', '<|endoftext|><|endoftext|>', '\t\n a\n\nred\tapple \u00a0x\u3000y', 'line\r\nline', 'caf\u00e9 na\u00efve \u00c0\u00c9\u00ce', 'cafe\u0301',
    '\u0130stanbul', '\u039f\u0394\u039f\u03a3 \u03c2', '\u03a3 A\u03a3. A\u03a3\u0301', '\u4e2d\u6587\u732b', '\U0001f34e\U0001f468\u200d\U0001f469\u200d\U0001f467', '\u062a\u0641\u0627\u062d\u0629 \u062d\u0645\u0631\u0627\u0621',
    "don't I'll we've 'S 'RE it'S CAN'T", 'a1b2 1234 \u0663 \u2167 \u00bd', '\ufb01 ligature \uff21\uff22', 'zero\u200bwidth\ufeffbom', 'combining a\u0308\u0301',
    '\u0000nul \u0007bell \u0085 next', '\u2028line\u2029par', '(red:1.3) [apple] {x|y}', 'a_b-c--d...e', "' 's 't '' ''s", '\u2019s don\u2019t', '\u212b \u2126 \u1f88\u03a3 \u01c5', '\ud55c\uae00 \u1100\u1161',
    'word one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen', 'red apple ' * 60,
    'a <my-cat> in a hat', '<MY-CAT>', 'a<my-cat>b', '<my-cat><my-cat>', '  <my-cat>  on  a  mat', '<my-cat-2> <my-cat', 'a sks dog', 'sksdog asks sks. sks', 'SKS', 'the Big Cat', 'the big  cat', '\u00c9t\u00e9 e\u0301te\u0301',
    'a <image> <pad> [PAD] <s>hello</s>', 'un\u00fc unu\u0308', 'x <left> y', 'x <right> y', 'a\u200d<one>\u200db, <one>, <one>\u00e9 e<one> <one>',
    '!\ufeff! .\u00a0. ?\u200b?', '!<|endoftext|>! <|ENDOFTEXT|>!',
]
pool = ['<my-cat>', '<MY-CAT>', '<my-cat-2>', 'sks', 'Big Cat', '<left>', '<right>', '<one>', '<|endoftext|>', '<|StartOfText|>', '!', '!!', ' ', '  ', '\n', '\u00a0', '\ufeff', '\u0301', '\u03a3', '\u03c3', "'S", "'t",
        'Red', 'apple', '7', '\u0665', '_', '-', '\U0001f34e', '\u200d', '\u00c9t\u00e9', 'style', '<', '>', 'x']
drawn = random.Random(17)
prompts += [''.join(drawn.choices(pool, k=drawn.randint(2, 12))) for _ in range(30)]


def token(content, **flags):
    return {**dict(content=content, lstrip=False, normalized=True, rstrip=False, single_word=False), **flags}


def added(content, **flags):
    return {'__type': 'AddedToken', **token(content, **flags)}


config = dict(add_prefix_space=False, bos_token=START, do_lower_case=True, eos_token=END, model_max_length=32, pad_token=END, tokenizer_class='CLIPTokenizer', unk_token=END)
special = dict(bos_token=START, eos_token=END, unk_token=END, pad_token=END)
without = {key: value for key, value in config.items() if not key.endswith('_token')}
bare = {'tokenizer.json': None, 'tokenizer_config.json': config, 'special_tokens_map.json': None}
sorts = {
    '0': token('!', normalized=False, special=True),
    str(size - 2): token(START, special=True),
    str(size - 1): token(END, normalized=False, special=True),
    str(size): token('<my-cat>', special=False),
    str(size + 1): token('<my-cat-2>', normalized=False, special=False),
    str(size + 2): token('sks', single_word=True, special=False),
    str(size + 3): token('Big Cat', normalized=True, special=False),
    str(size + 4): token('\u00c9t\u00e9', special=False),
    str(size + 5): token('unu\u0308', normalized=False, special=False),
    str(size + 6): token('<left>', lstrip=True, special=False),
    str(size + 7): token('<right>', rstrip=True, normalized=False, special=False),
    str(size + 8): token('<one>', single_word=True, normalized=False, special=True),
}
plain = [dict(id=size - 2, **token(START, special=True)), dict(id=size - 1, **token(END, special=True))]
folders = {
    'config only': bare,
    'no special tokens anywhere': {**bare, 'tokenizer_config.json': without},
    'special tokens in the map only': {**bare, 'tokenizer_config.json': without, 'special_tokens_map.json': special},
    'no config': {**bare, 'tokenizer_config.json': None, 'special_tokens_map.json': special},
    'no config, no map': {**bare, 'tokenizer_config.json': None},
    'the map has the last word': {**bare, 'special_tokens_map.json': {**special, 'pad_token': '!'}},
    'Stable Diffusion 1.5': {
        **bare,
        'tokenizer_config.json': {**config, 'bos_token': added(START), 'eos_token': added(END), 'unk_token': added(END), 'errors': 'replace', 'name_or_path': 'x', 'special_tokens_map_file': './special_tokens_map.json'},
        'special_tokens_map.json': dict(bos_token=token(START), eos_token=token(END), unk_token=token(END), pad_token=END),
    },
    'Stable Diffusion 2.1': {
        **bare,
        'tokenizer_config.json': {**config, 'bos_token': added(START), 'eos_token': added(END), 'unk_token': added(END)},
        'special_tokens_map.json': dict(bos_token=token(START), eos_token=token(END), unk_token=token(END), pad_token='!'),
    },
    'all normalized': {**bare, 'special_tokens_map.json': dict(bos_token=token(START), eos_token=token(END), unk_token=token(END), pad_token=token(END))},
    'pad strips its left': {**bare, 'special_tokens_map.json': {**special, 'pad_token': token('!', lstrip=True, rstrip=True, normalized=False)}},
    'added_tokens.json': {**bare, 'added_tokens.json': {'<my-cat>': size}},
    'added_tokens.json, several': {**bare, 'added_tokens.json': {'sks': size + 2, '<my-cat>': size, '<my-cat-2>': size + 1, 'Big Cat': size + 3}},
    'added_tokens.json with a gap': {**bare, 'added_tokens.json': {'<my-cat>': size + 3, 'sks': size + 9}},
    'added_tokens.json of what is there': {**bare, 'added_tokens.json': {START: size - 2, END: size - 1, 'red</w>': 5, '<my-cat>': size}},
    'pad token in added_tokens.json': {**bare, 'added_tokens.json': {'<pad>': size}, 'special_tokens_map.json': {**special, 'pad_token': '<pad>'}},
    'pad token that no vocabulary has': {**bare, 'special_tokens_map.json': {**special, 'pad_token': '[PAD]'}},
    'pad token that no vocabulary has, in the config': {**bare, 'tokenizer_config.json': {**config, 'pad_token': '<pad>'}},
    'added_tokens_decoder': {**bare, 'tokenizer_config.json': {**config, 'pad_token': '!', 'added_tokens_decoder': sorts}},
    'added_tokens_decoder, where the map is not read': {
        **bare,
        'tokenizer_config.json': {**config, 'added_tokens_decoder': {key: sorts[key] for key in (str(size - 2), str(size - 1), str(size))}},
        'special_tokens_map.json': {**special, 'pad_token': '!'},
        'added_tokens.json': {'sks': size + 1},
    },
    'added_tokens_decoder, empty': {**bare, 'tokenizer_config.json': {**config, 'added_tokens_decoder': {}}, 'special_tokens_map.json': {**special, 'pad_token': '!'}},
    'added_tokens_decoder, flags left out': {**bare, 'tokenizer_config.json': {**config, 'added_tokens_decoder': {str(size): {'content': '<MY-CAT>'}, str(size + 1): {'content': 'SKS', 'special': True}}}},
    'added_tokens_decoder out of order': {**bare, 'tokenizer_config.json': {**config, 'added_tokens_decoder': {str(size + 5): token('sks', special=False), str(size): token('<my-cat>', special=False)}}},
    'additional special tokens': {**bare, 'tokenizer_config.json': {**config, 'additional_special_tokens': ['<my-cat>', 'sks']}},
    'additional special tokens in the map': {**bare, 'special_tokens_map.json': {**special, 'additional_special_tokens': ['<my-cat>', 'sks']}},
    'extra special tokens': {**bare, 'tokenizer_config.json': {**config, 'extra_special_tokens': ['<my-cat>']}, 'special_tokens_map.json': {**special, 'extra_special_tokens': ['sks', token('Big Cat')]}},
    'extra special tokens by name': {**bare, 'tokenizer_config.json': {**config, 'extra_special_tokens': {'cat': '<my-cat>'}, 'image_token': '<image>'}},
    'more special tokens': {**bare, 'special_tokens_map.json': {**special, 'cls_token': START, 'sep_token': '<s>', 'mask_token': token('<my-cat>', lstrip=True)}},
    'other start and end': {**bare, 'special_tokens_map.json': dict(bos_token='red</w>', eos_token='apple</w>', unk_token='!', pad_token='.')},
    'start and end that no vocabulary has': {**bare, 'tokenizer_config.json': {**config, 'bos_token': '<s>', 'eos_token': '</s>', 'pad_token': '</s>'}},
    'special tokens are split': {**bare, 'tokenizer_config.json': {**config, 'split_special_tokens': True}, 'added_tokens.json': {'<my-cat>': size}},
    'length missing': {**bare, 'tokenizer_config.json': {key: value for key, value in config.items() if key != 'model_max_length'}},
    'length without end': {**bare, 'tokenizer_config.json': {**config, 'model_max_length': int(1e30)}},
    'length 77': {**bare, 'tokenizer_config.json': {**config, 'model_max_length': 77}},
    'length 8': {**bare, 'tokenizer_config.json': {**config, 'model_max_length': 8}},
    'max_len': {**bare, 'tokenizer_config.json': {**{key: value for key, value in config.items() if key != 'model_max_length'}, 'max_len': 16}},
    'padding on the left': {**bare, 'tokenizer_config.json': {**config, 'padding_side': 'left'}},
    'cut on the left': {**bare, 'tokenizer_config.json': {**config, 'truncation_side': 'left'}},
    'tokenizer.json alone': {'tokenizer_config.json': None, 'special_tokens_map.json': None, 'vocab.json': None, 'merges.txt': None, 'tokenizer.json': {'over': {}}},
    'tokenizer.json with other added tokens': {'tokenizer_config.json': config, 'special_tokens_map.json': None, 'tokenizer.json': {'over': {'added_tokens': [*plain, dict(id=size, **token('<my-cat>', special=False))]}}},
    'tokenizer.json without added tokens': {'tokenizer_config.json': config, 'special_tokens_map.json': {**special, 'pad_token': '!'}, 'added_tokens.json': {'<my-cat>': size}, 'tokenizer.json': {'over': {'added_tokens': []}}},
    'tokenizer.json and added_tokens.json': {'tokenizer_config.json': config, 'special_tokens_map.json': special, 'added_tokens.json': {'sks': size + 1, '<my-cat>': size}, 'tokenizer.json': {'over': {'added_tokens': [*plain, dict(id=size, **token('Big Cat', special=False))]}}},
    'tokenizer.json and added_tokens_decoder': {'tokenizer_config.json': {**config, 'added_tokens_decoder': {str(size): token('sks', special=False)}}, 'tokenizer.json': {'over': {'added_tokens': [*plain, dict(id=size, **token('<my-cat>', special=False))]}}},
    'tokenizer.json that cuts and pads on the left': {
        'tokenizer_config.json': config,
        'tokenizer.json': {'over': {
            'truncation': {'direction': 'Left', 'max_length': 12, 'strategy': 'LongestFirst', 'stride': 0},
            'padding': {'strategy': {'Fixed': 12}, 'direction': 'Left', 'pad_to_multiple_of': None, 'pad_id': 0, 'pad_type_id': 0, 'pad_token': '!'},
        }},
    },
    'tokenizer.json of another normalizer': {'tokenizer_config.json': config, 'tokenizer.json': {'over': {'normalizer': None, 'pre_tokenizer': {'type': 'ByteLevel', 'add_prefix_space': True, 'trim_offsets': True, 'use_regex': True}}}},
    'tokenizer.json with other words than vocab.json': {'tokenizer_config.json': config, 'vocab.json': json.dumps({'a': 0, 'a</w>': 1}), 'merges.txt': '#version: 0.2\n', 'tokenizer.json': {'over': {}}},
    'tokenizer.json with merges as text': {'tokenizer_config.json': config, 'tokenizer.json': {'over': {}, 'merges': 'text'}},
    'few words': {
        **bare,
        'vocab.json': json.dumps({'a': 3, 'b': 4, 'a</w>': 10, 'b</w>': 11, 'ab</w>': 20, START: 30, END: 31}),
        'merges.txt': '#version: 0.2\na b</w>\n',
        'added_tokens.json': {'<my-cat>': 40},
    },
}


def written(name, content):
    if isinstance(content, str):
        return content
    if name != 'tokenizer.json':
        return json.dumps(content, indent=2)
    model = whole['model']
    if content.get('merges') == 'text':
        model = {**model, 'merges': [' '.join(merge) for merge in model['merges']]}
    return json.dumps({**whole, 'model': model, **content['over']}, ensure_ascii=False)


made = []
for name, files in folders.items():
    with tempfile.TemporaryDirectory() as path:
        for file in ('vocab.json', 'merges.txt', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'):
            if file not in files:
                (pathlib.Path(path) / file).write_bytes((source / file).read_bytes())
        for file, content in files.items():
            if content is not None:
                (pathlib.Path(path) / file).write_text(written(file, content), encoding='utf-8')
        tokenizer = CLIPTokenizer.from_pretrained(path)
    # As diffusers asks for it; where no length is said, CLIP's.
    length = tokenizer.model_max_length if tokenizer.model_max_length < 1e6 else 77
    ids = [tokenizer(prompt, padding='max_length', max_length=length, truncation=True).input_ids for prompt in prompts]
    assert all(len(each) == length for each in ids), name
    pad = tokenizer.pad_token_id
    for each in ids:
        while each and each[-1] == pad:
            each.pop()
    made.append(dict(name=name, files=files, length=length, pad=pad, ids=ids))

json.dump(dict(prompts=prompts, folders=made), open(f'{sys.argv[2]}/clip-folders.json', 'w'), separators=(',', ':'))
