"""Trains the tokenizer: byte pairs of all captions, laid out as CLIP's are.

    python tokenizer.py        # items.json -> out/tokenizer

CLIP's layout: the 256 bytes, the same at the end of a word, what the merges make in their order, start, end. Captions are cut
at 32 tokens and filled up with the end. Pairs that are equally frequent are joined in another order in every run, so that token
numbers differ: a text encoder and the tokenizer that it was trained with belong together.
"""
import json
import os

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from captions import STYLES

TARGET = 'out/tokenizer'
LENGTH = 32
VOCABULARY = 2046  # as the trainer counts, which leaves out most bytes at the end of a word
START, END = '<|startoftext|>', '<|endoftext|>'
WORDS = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def corpus():
    """Every name once, so that a rare one counts as much as a frequent one."""
    names = sorted({item['name'].replace('-', ' ') for item in json.load(open('items.json'))})
    for name in names:
        yield from (name, f'a {name}', f'an {name}', f'{name} emoji', f'a picture of the {name}', f'icon of {name} on white background')
        yield from (f'{name}, {style} style' for style in STYLES.values())


def merges_of(texts):
    """The pairs that are joined, in order."""
    tokenizer = Tokenizer(models.BPE(unk_token=END, end_of_word_suffix='</w>', continuing_subword_prefix=''))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r'\s+'), ' '), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(WORDS), behavior='removed', invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[], initial_alphabet=alphabet(), end_of_word_suffix='</w>', show_progress=False))
    return [tuple(pair) for pair in json.loads(tokenizer.to_str())['model']['merges']]


def alphabet():
    return sorted(pre_tokenizers.ByteLevel.alphabet())


merges = merges_of(corpus())
order = alphabet() + [byte + '</w>' for byte in alphabet()] + [''.join(pair) for pair in merges] + [START, END]
# Two ways to one token are one token.
numbers = {token: number for number, token in enumerate(dict.fromkeys(order))}
names = {'bos_token': START, 'eos_token': END, 'unk_token': END, 'pad_token': END}
os.makedirs(TARGET, exist_ok=True)
with open(f'{TARGET}/vocab.json', 'w') as file:
    json.dump(numbers, file, ensure_ascii=False)
with open(f'{TARGET}/merges.txt', 'w') as file:
    file.write('#version: 0.2\n' + '\n'.join(' '.join(pair) for pair in merges) + '\n')
with open(f'{TARGET}/tokenizer_config.json', 'w') as file:
    json.dump({'add_prefix_space': False, **names, 'model_max_length': LENGTH, 'do_lower_case': True,
               'tokenizer_class': 'CLIPTokenizer'}, file, indent=1)
with open(f'{TARGET}/special_tokens_map.json', 'w') as file:
    json.dump(names, file, indent=1)
tokenizer = CLIPTokenizer.from_pretrained(TARGET)
# Once told how to cut and fill up, it writes that down too.
tokenizer('', padding='max_length', max_length=LENGTH, truncation=True)
tokenizer.backend_tokenizer.save(f'{TARGET}/tokenizer.json')
lengths = [len(tokenizer(text, padding=False).input_ids) for text in corpus()]
print(len(numbers), 'tokens; captions of at most', max(lengths), 'and on average', round(sum(lengths) / len(lengths), 1))
for text in ('a red apple', 'smiling face with heart eyes, fluent style', "it's an owl!"):
    print(text, tokenizer.convert_ids_to_tokens(tokenizer(text, padding=False).input_ids))
