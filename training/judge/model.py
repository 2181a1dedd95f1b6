"""The judge: a picture and a text become unit vectors, whose product says how well they match."""
import torch
import torch.nn.functional as F
from torch import nn

COLOURS = ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink', 'brown']


class Block(nn.Module):
    """Two convolutions beside a shortcut; halves the size where the stride is 2."""

    def __init__(self, width_in, width_out, stride):
        super().__init__()
        self.first = nn.Conv2d(width_in, width_out, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(width_out, width_out, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(width_out), nn.BatchNorm2d(width_out)])
        self.shortcut = nn.Conv2d(width_in, width_out, 1, stride, bias=False)

    def forward(self, x):
        y = self.norms[1](self.second(F.relu(self.norms[0](self.first(x)))))
        return F.relu(y + self.shortcut(x))


class ImageTower(nn.Module):
    """Pixels in [-1, 1], (count, 3, 64, 64) -> features (count, 128) and embedding (count, 128) of length 1."""

    def __init__(self, width=128):
        super().__init__()
        self.blocks = nn.Sequential(
            nn.Conv2d(3, 48, 4, 4), nn.ReLU(), Block(48, 48, 1), Block(48, 96, 2), Block(96, 192, 2))
        self.features = nn.Linear(192, width)
        self.head = nn.Linear(width, width)

    def forward(self, pixels):
        features = self.features(self.blocks(pixels).mean((2, 3)))
        return features, F.normalize(self.head(F.relu(features)), dim=1)


class TextTower(nn.Module):
    """Tokens (count, length), zero where there is none -> embedding (count, 128) of length 1. Word order is not seen."""

    def __init__(self, tokens, width=128):
        super().__init__()
        self.tokens = nn.Embedding(tokens + 1, width, padding_idx=0)
        self.mix = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))

    def forward(self, ids):
        summed = self.tokens(ids).sum(1)
        return F.normalize(summed + self.mix(summed), dim=1)


class Frozen(nn.Module):
    """What is exported: scores of all names and of all colours for each picture, the texts' embeddings folded in."""

    def __init__(self, image, names, colours, scale):
        super().__init__()
        self.image = image
        self.register_buffer('names', names.T * scale)
        self.register_buffer('colours', colours.T * scale)

    def forward(self, pixels):
        features, embedding = self.image(pixels)
        return features, embedding @ self.names, embedding @ self.colours
