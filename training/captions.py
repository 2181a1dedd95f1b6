"""What a picture's caption may be: its name in several word orders, with a style, a colour, a synonym.

A caption without a style means one of the three designs. Were it to mean all of them, what it says of a picture would be their
mean, which has no shape where the three differ in theirs.
"""
from recolour import stem

# The first that has a picture is what a caption without a style means.
STYLES = {'fluent-emoji-flat': 'fluent', 'twemoji': 'twemoji', 'noto': 'noto'}

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


def named(words, style):
    """Captions that name the picture: without a style, and with it."""
    one = article(words)
    return ([words, one, f'{words} emoji', f'a picture of {one}', f'icon of {one}'],
            [f'{one}, {style} style', f'{words}, {style} style', f'{style} {words}', f'the {words}, {style}'])


def coloured(noun, colour, style):
    """The same, with the colour before the noun or after it."""
    words = f'{colour} {noun}'
    unstyled, styled = named(words, style)
    return (unstyled + [words, article(words), article(words), f'{noun} in {colour}', f'{article(noun)}, {colour}'],
            styled + [f'{noun}, {colour}, {style} style'])


def captions(item, colour=None):
    """All captions of a picture of `items.json`, those without a style and those with it; with a colour, each of them says it."""
    words, style = item['name'].replace('-', ' '), STYLES[item['set']]
    if colour is None:
        ways = [named(each, style) for each in (words, SYNONYMS.get(words)) if each]
    else:
        noun = stem(item['name'])
        ways = [coloured(each, colour, style) for each in (noun, SYNONYMS.get(noun)) if each]
    return tuple(sum(each, []) for each in zip(*ways))


def without_style(sets):
    """The set that a caption without a style means, of those that have such a picture: the first that STYLES names."""
    return min(sets, key=list(STYLES).index)
