"""Muon (Jordan et al. 2024): momentum whose matrices are orthogonalised, for every matrix inside the network.

The step has the size that AdamW's has (arXiv 2502.16982, equation 4), so that one learning rate serves both.
"""
import torch


def orthogonalise(matrices, iterations=5):
    """Newton-Schulz on a stack of matrices (count, rows, columns): their singular values become about 1."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = (x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)).bfloat16()
    for _ in range(iterations):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    x = x.float()
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """For parameters of two dimensions or more; a convolution counts as the matrix (out, in * height * width)."""

    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.0):
        super().__init__(parameters, {'lr': lr, 'momentum': momentum, 'weight_decay': weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            alike = {}
            for parameter in group['params']:
                if parameter.grad is not None:
                    alike.setdefault(parameter.shape, []).append(parameter)
            for shape, parameters in alike.items():
                updates = []
                for parameter in parameters:
                    state = self.state[parameter]
                    if not state:
                        state['momentum'] = torch.zeros_like(parameter)
                    state['momentum'].lerp_(parameter.grad, 1 - group['momentum'])
                    nesterov = parameter.grad.lerp(state['momentum'], group['momentum'])
                    updates.append(nesterov.reshape(shape[0], -1))
                updates = orthogonalise(torch.stack(updates))
                scale = 0.2 * max(updates.shape[1:]) ** 0.5
                for parameter, update in zip(parameters, updates):
                    parameter.mul_(1 - group['lr'] * group['weight_decay'])
                    parameter.add_(update.reshape(shape), alpha=-group['lr'] * scale)


def descend(loss, optimizers):
    """One step of each optimizer down the loss, along a gradient of norm 1 at most."""
    for optimizer in optimizers:
        optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for optimizer in optimizers for group in optimizer.param_groups for p in group['params']], 1.0)
    for optimizer in optimizers:
        optimizer.step()
