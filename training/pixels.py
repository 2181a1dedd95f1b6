"""What the autoencoder's training asks of pixels, from -1 to 1 in NCHW."""
import math

import torch


def pixels_of(pictures):
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1


def edges(difference):
    across = difference[..., 1:] - difference[..., :-1]
    down = difference[..., 1:, :] - difference[..., :-1, :]
    return across.abs().mean() + down.abs().mean()


def unlike(made, pixels):
    """Absolute and squared error, and the same of the differences between neighbours, for edges."""
    difference = made.float() - pixels
    return difference.abs().mean() + 2 * difference.pow(2).mean() + 0.5 * edges(difference)


def psnr(errors):
    """In dB, of mean squared errors; both ends of the pixels' range are 2 apart."""
    return 10 * math.log10(4 / torch.stack(errors).mean().item())
