"""How the weights follow their gradients.

`adamw` moves each number by itself (Loshchilov and Hutter 2019). `muon` takes the kernels of the inner layers as
matrices, whose steps it makes orthogonal, so that what few patches ask for is learnt as fast as what all ask for (Jordan
and others 2024; the size of a step as in Liu and others 2025, which makes AdamW's rates fit). The first and the last
layer and the biases stay with AdamW there.
"""

import torch
from torch import nn

from network import UNet

WEIGHT_DECAY = 1e-5
MATRIX_RATE = 2
"""The rate of matrices as a multiple of that of all else."""
OPTIMIZERS = ("adamw", "muon")
ENDS = ("stem", "correction")
"""Layers between pixels and features; their kernels are not matrices of features."""


class Optimizer:
    """For one network, whose parameters must stay where they are in memory."""

    def __init__(self, network: UNet, name: str):
        by_matrix = matrix_kernels(network) if name == "muon" else []
        self.matrices = [(kernel, nn.Parameter(matrix_over(kernel))) for kernel in by_matrix]
        taken = {id(kernel) for kernel in by_matrix}
        others = [parameter for parameter in network.parameters() if id(parameter) not in taken]
        self.parts: list[tuple[float, torch.optim.Optimizer]] = [
            (1, torch.optim.AdamW(others, weight_decay=WEIGHT_DECAY))
        ]
        if self.matrices:
            matrices = [matrix for _, matrix in self.matrices]
            muon = torch.optim.Muon(matrices, weight_decay=WEIGHT_DECAY, adjust_lr_fn="match_rms_adamw")
            self.parts.append((MATRIX_RATE, muon))

    def step(self, rate: float) -> None:
        """By the gradients of the network's parameters."""
        for kernel, matrix in self.matrices:
            matrix.grad = as_matrix(kernel.grad)
        for multiple, part in self.parts:
            for group in part.param_groups:
                group["lr"] = rate * multiple
            part.step()

    def state(self) -> list[dict]:
        return [part.state_dict() for _, part in self.parts]

    def restore(self, state: list[dict]) -> None:
        if len(state) != len(self.parts):
            raise ValueError(f"the state is of {len(state)} optimizers, expected {len(self.parts)}")
        for (_, part), saved in zip(self.parts, state):
            part.load_state_dict(saved)


def matrix_kernels(network: UNet) -> list[nn.Parameter]:
    return [layer.weight for name, layer in network.layers.items() if name not in ENDS]


def matrix_over(kernel: nn.Parameter) -> torch.Tensor:
    """The numbers of the kernel themselves, not a copy: a step of the matrix is one of the kernel."""
    matrix = as_matrix(kernel.detach())
    if matrix.data_ptr() != kernel.data_ptr():
        raise ValueError("the channels of a kernel must lie last in memory")
    return matrix


def as_matrix(kernel: torch.Tensor) -> torch.Tensor:
    """[first, taps * second] of [first, second, height, width]."""
    return kernel.permute(0, 2, 3, 1).flatten(1)
