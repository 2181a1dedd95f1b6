"""What a picture's caption may be: its name in several word orders, with a style, a colour, a synonym."""
from recolour import stem

STYLES = {'noto': 'noto', 'fluent-emoji-flat': 'fluent', 'twemoji': 'twemoji'}
# Where captions without a style are to mean one design: the first of these that has the picture.
MEANT = ['fluent-emoji-flat', 'twemoji', 'noto']

SYNONYMS = {
    'airplane': 'plane', 'automobile': 'car', 'sport utility vehicle': 'suv', 'bicycle': 'bike', 'hamburger': 'burger',
    'french fries': 'fries', 'hot beverage': 'cup of coffee', 'beer mug': 'beer', 'wine glass': 'glass of wine',
    'birthday cake': 'cake', 'jack o lantern': 'pumpkin', 'soccer ball': 'football', 'mobile phone': 'phone',
    'wrapped gift': 'present', 'light bulb': 'lamp', 'alarm clock': 'clock', 'pile of poo': 'poop', 'skull': 'death head',
    'alien': 'extraterrestrial', 'robot': 'android', 'dog face': "dog's face", 'cat face': "cat's face", 'sailboat': 'boat',
    'ship': 'steamer', 'locomotive': 'train', 'bus': 'coach', 'delivery truck': 'lorry', 'tangerine': 'orange fruit',
    'deciduous tree': 'tree', 'evergreen tree': 'fir', 'tulip': 'tulip flower', 'rose': 'rose flower', 'sun': 'sunshine',
    'glowing star': 'shining star', 'crescent moon': 'moon', 'cloud with rain': 'rain cloud', 'snowman': 'man of snow',
    'money bag': 'bag of money', 'kitchen knife': 'knife', 'house': 'home', 'baby chick': 'chick', 'lady beetle': 'ladybird',
    'honeybee': 'bee', 'rabbit face': "rabbit's face", 'crocodile': 'alligator', 'grinning face': 'happy face',
    'crying face': 'sad face', 'smiling face with heart eyes': 'face in love', 'sleeping face': 'face asleep',
}


def article(words):
    return ('an ' if words[0] in 'aeiou' else 'a ') + words


def plain(words, style):
    """Captions that name the picture, and whether they say its style."""
    one = article(words)
    return [(words, False), (one, False), (f'{words} emoji', False), (f'{one}, {style} style', True), (f'{words}, {style} style', True),
            (f'{style} {words}', True), (f'the {words}, {style}', True), (f'a picture of {one}', False), (f'icon of {one}', False)]


def coloured(noun, colour, style):
    """Captions that say the colour too, before the noun or after it."""
    words = f'{colour} {noun}'
    return plain(words, style) + [
        (words, False), (article(words), False), (article(words), False), (f'{noun} in {colour}', False),
        (f'{article(noun)}, {colour}', False), (f'{noun}, {colour}, {style} style', True)]


def captions(item, colour=None, styled=(False, True)):
    """All captions of a picture of `items.json`, or those that say its style or don't; with a colour, each of them says it."""
    words, style = item['name'].replace('-', ' '), STYLES[item['set']]
    noun = stem(item['name'])
    if colour is not None:
        nouns = [noun, SYNONYMS[noun]] if noun in SYNONYMS else [noun]
        found = [caption for each in nouns for caption in coloured(each, colour, style)]
    else:
        found = plain(words, style) + (plain(SYNONYMS[words], style)[:4] if words in SYNONYMS else [])
    return [text for text, says in found if says in styled]
