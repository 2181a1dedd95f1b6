"""Recolouring as data: rotates the hue of a picture, so that its caption can say the colour ("blue apple").

    python recolour.py        # images.u8, items.json -> recoloured.u8, recoloured.json

A picture is recoloured when one hue dominates it. `recoloured.json` lists, for each picture, the index of the original
and the colour; it also lists the originals' own colours. Needs no random numbers.
"""
import json

import numpy as np
from matplotlib.colors import hsv_to_rgb, rgb_to_hsv

# Hue in degrees, and the saturation and value that the picture's main region gets at least (pink, brown: about).
COLOURS = {
    'red': (357, 0.80, 0.88),
    'orange': (28, 0.85, 0.96),
    'yellow': (49, 0.80, 0.98),
    'green': (128, 0.65, 0.72),
    'blue': (214, 0.75, 0.88),
    'purple': (275, 0.60, 0.75),
    'pink': (332, 0.48, 0.97),
    'brown': (20, 0.60, 0.52),
}
# Words in names that say a colour, and so must change with it.
COLOUR_WORDS = set(COLOURS) | {'black', 'white', 'grey', 'gray', 'golden', 'dark', 'light'}
# Parts of names whose colour is not the picture's main one.
NOT_MAIN = {'hair', 'haired', 'rainbow', 'traffic'}

# Never shown in training: what a picture of these prompts gets right, it composed.
HELD_OUT = [
    ('blue', 'apple'), ('purple', 'cat face'), ('green', 'strawberry'), ('pink', 'frog'),
    ('blue', 'banana'), ('red', 'dolphin'), ('purple', 'pig face'), ('green', 'automobile'),
    ('green', 'fox'), ('pink', 'crown'), ('blue', 'rose'), ('red', 'crocodile'),
    ('purple', 'carrot'), ('yellow', 'whale'), ('green', 'octopus'), ('blue', 'lion'),
]


def stem(name):
    """'red-apple' -> 'apple': the name in words, without its colour."""
    words = name.replace('-', ' ').split(' ')
    rest = [word for word in words if word not in COLOUR_WORDS]
    return ' '.join(rest or words)


def main_region(hsv):
    """The hue (degrees) that dominates a picture, the mean saturation and value there; None where none does."""
    hue, saturation, value = hsv[..., 0] * 360, hsv[..., 1], hsv[..., 2]
    chroma = saturation * value
    foreground = (saturation > 0.08) | (value < 0.92)
    if foreground.mean() < 0.05 or chroma[foreground].mean() < 0.22:
        return None
    weights = np.where(chroma > 0.15, chroma, 0)
    histogram = np.bincount((hue.ravel() / 10).astype(int) % 36, weights.ravel(), 36)
    smooth = histogram + np.roll(histogram, 1) + np.roll(histogram, -1)
    mode = smooth.argmax() * 10 + 5
    near = weights * (np.abs((hue - mode + 180) % 360 - 180) <= 30)
    if near.sum() < 0.6 * weights.sum():
        return None
    radians = np.deg2rad(hue)
    mean = np.rad2deg(np.arctan2((near * np.sin(radians)).sum(), (near * np.cos(radians)).sum())) % 360
    return mean, (near * saturation).sum() / near.sum(), (near * value).sum() / near.sum()


def colour_of(region):
    """The word for a region's colour; None between two colours."""
    hue, saturation, value = region
    if 8 <= hue < 50 and value < 0.68:
        return 'brown'
    if (hue >= 310 or hue < 8) and saturation < 0.58 and value > 0.8:
        return 'pink'
    bounds = [('red', -18, 10), ('orange', 20, 37), ('yellow', 41, 60), ('green', 80, 165), ('blue', 188, 235),
              ('purple', 255, 295), ('pink', 310, 342)]
    for colour, low, high in bounds:
        if low <= (hue + 18) % 360 - 18 < high:
            return colour
    return None


def recolour(hsv, region, colour):
    """The picture (HSV in, RGB out, 0 to 1) with its main region in that colour and every other hue turned along."""
    hue, saturation, value = region
    wanted_hue, wanted_saturation, wanted_value = COLOURS[colour]
    fixed = colour in ('pink', 'brown')
    gain_s = np.clip(wanted_saturation / saturation, 0.3 if fixed else 1, 1.7)
    gain_v = np.clip(wanted_value / value, 0.4 if fixed else 1, 1.7)
    turned = hsv.copy()
    turned[..., 0] = (hsv[..., 0] + (wanted_hue - hue) / 360) % 1
    turned[..., 1] = np.minimum(1, hsv[..., 1] * gain_s)
    # What is nearly white (the background, its soft edge) stays as bright as it is.
    strength = np.clip(hsv[..., 1] / 0.3, 0, 1)
    turned[..., 2] = np.minimum(1, hsv[..., 2] * (1 + (gain_v - 1) * strength))
    return hsv_to_rgb(turned)


def main():
    items = json.load(open('items.json'))
    images = np.fromfile('images.u8', np.uint8).reshape(-1, 64, 64, 3)
    held_out = {(colour, stem(name)) for colour, name in HELD_OUT}
    pictures, rows, own = [], [], []
    for index, item in enumerate(items):
        words = set(item['name'].split('-'))
        hsv = rgb_to_hsv(images[index] / 255)
        region = None if words & NOT_MAIN else main_region(hsv)
        mine = None if region is None else colour_of(region)
        said = words & COLOUR_WORDS
        # A name that says another colour than the picture shows is not to be argued with.
        own.append(None if said and mine not in said else mine)
        if region is None:
            continue
        for colour, (hue, _, _) in COLOURS.items():
            same = colour == mine or (abs((hue - region[0] + 180) % 360 - 180) < 18 and colour not in ('pink', 'brown'))
            if same or (colour, stem(item['name'])) in held_out:
                continue
            pictures.append((recolour(hsv, region, colour) * 255).round().astype(np.uint8))
            rows.append([index, colour])
    np.stack(pictures).tofile('recoloured.u8')
    json.dump({'recoloured': rows, 'own': own}, open('recoloured.json', 'w'))
    print(len(rows), 'recoloured pictures of', len({row[0] for row in rows}), 'originals;', sum(c is not None for c in own), 'own colours')


if __name__ == '__main__':
    main()
