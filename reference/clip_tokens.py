"""Token ids of transformers' CLIPTokenizer with the embedded model's vocabulary, padded and truncated.

    python clip_tokens.py TOKENIZER_FOLDER data
"""
import json
import sys

from transformers import CLIPTokenizer

tokenizer = CLIPTokenizer.from_pretrained(sys.argv[1])
prompts = ['', ' ', 'a red apple', 'A RED   Apple', "it's a cat's hat, isn't it?", 'naïve café', '苹果 🍎', '😀😀', 'snow-man & co. (2023)', '3.14159',
           'a\tb\nc', 'Ünïcödé ﬁ ligature', 'don’t', '<|endoftext|> inside', 'x' * 90, 'smiling face with heart eyes, fluent style ' * 8, 'a_b c__d', 'e\u0301 combining',
           '&amp; html &lt;b&gt;', 'ΑΒΓ абв', '"quoted" \'single\'', 'a,b;c:d!e?', '1st 22nd 333rd', 'll l\'l \'ll \'LL']
json.dump([dict(prompt=p, ids=tokenizer(p, padding='max_length', max_length=tokenizer.model_max_length, truncation=True).input_ids) for p in prompts],
          open(f'{sys.argv[2]}/clip-tokens.json', 'w'))
