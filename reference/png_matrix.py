"""PNG files of every colour type, depth, interlacing and kind of transparency, written by hand, with their colours on white.

    python png_matrix.py data

The colours come from the samples that were written, not from a reader: sample/most, on white by alpha, times 255.
"""
import base64
import itertools
import json
import struct
import sys
import zlib

import numpy as np

W, H = 11, 9
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(name, data):
    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))


def rows(samples, depth, filters):
    """Packed and filtered rows of [height, width, channels]."""
    out = b''
    height, width, channels = samples.shape
    if width == 0 or height == 0:
        return out
    before = None
    step = max(1, channels * depth // 8)
    for y in range(height):
        flat = samples[y].reshape(-1)
        if depth == 16:
            raw = b''.join(struct.pack('>H', int(v)) for v in flat)
        elif depth == 8:
            raw = bytes(int(v) for v in flat)
        else:
            bits = ''.join(format(int(v), f'0{depth}b') for v in flat)
            bits += '0' * (-len(bits) % 8)
            raw = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
        before = before or bytes(len(raw))
        kind = next(filters)
        left = bytes(step) + raw[:-step] if len(raw) > step else bytes(len(raw))
        if kind == 0:
            coded = raw
        elif kind == 1:
            coded = bytes((a - b) % 256 for a, b in zip(raw, left))
        else:
            coded = bytes((a - b) % 256 for a, b in zip(raw, before))
        out += bytes([kind]) + coded
        before = raw
    return out


def file(samples, colour, depth, interlaced, extra):
    filters = itertools.cycle([0, 1, 2])
    if interlaced:
        data = b''.join(rows(samples[y::dy, x::dx], depth, filters) for x, y, dx, dy in PASSES)
    else:
        data = rows(samples, depth, filters)
    head = struct.pack('>IIBBBBB', W, H, depth, colour, 0, 0, int(interlaced))
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + extra + chunk(b'IDAT', zlib.compress(data, 9)) + chunk(b'IEND', b'')


random = np.random.default_rng(7)
cases = []
for colour, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items():
    for depth, interlaced, trns in itertools.product(depths, (0, 1), (0, 1)):
        if trns and colour in (4, 6):
            continue
        most = 2**depth - 1
        samples = random.integers(0, min(most, 40) + 1 if colour == 3 else most + 1, (H, W, CHANNELS[colour]))
        extra = b''
        if colour == 3:
            palette = random.integers(0, 256, (min(most, 40) + 1, 3))
            extra += chunk(b'PLTE', bytes(palette.reshape(-1).tolist()))
            # Fewer alphas than colours: the others are opaque.
            alphas = random.integers(0, 256, max(1, len(palette) // 2))
            full = np.concatenate([alphas, np.full(len(palette) - len(alphas), 255)]) if trns else np.full(len(palette), 255)
            if trns:
                extra += chunk(b'tRNS', bytes(alphas.tolist()))
            rgb, alpha = palette[samples[..., 0]] / 255, full[samples[..., 0]] / 255
        elif colour in (0, 2):
            rgb = np.broadcast_to(samples, (H, W, 3)) / most
            alpha = np.ones((H, W))
            if trns:
                key = samples[2, 3]
                samples[5, 6] = samples[8, 10] = key
                if depth == 16:
                    # Differs in the low byte alone, so it is not the key.
                    samples[0, 0] = key ^ 1
                rgb = np.broadcast_to(samples, (H, W, 3)) / most
                alpha = 1.0 - np.all(samples == key, axis=-1)
                extra += chunk(b'tRNS', b''.join(struct.pack('>H', int(v)) for v in key))
        else:
            rgb = np.broadcast_to(samples[..., :-1], (H, W, 3)) / most
            alpha = samples[..., -1] / most
        white = rgb * alpha[..., None] + 1 - alpha[..., None]
        name = f'colour {colour}, {depth} bits' + (', interlaced' if interlaced else '') + (', tRNS' if trns else '')
        png = file(samples, colour, depth, interlaced, extra)
        cases.append(dict(name=name, png=base64.b64encode(png).decode(),
                          rgb=base64.b64encode(np.rint(white * 255).astype(np.uint8).tobytes()).decode()))
json.dump(dict(width=W, height=H, cases=cases), open(f'{sys.argv[1]}/png-matrix.json', 'w'), indent=0)
print(len(cases))
