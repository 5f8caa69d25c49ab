"""Compares networks around `unet` by what a short training makes of them and by how long they take.

    python search.py packed/ --steps 1200 --threads 1

prints for each of VARIANTS its multiply-adds a pixel, the PSNR on held-out pictures (mean of sigma 15, 25 and 50, clipped
and not) after as many steps with the same patches, and the milliseconds that a megapixel takes. Short trainings show how
fast a network learns, not where it ends: what loses by little is not yet lost. The product runs the first two alone.
"""

import argparse
import math
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

from network import NetworkConfig, UNet, config_of
from patches import Pictures
from run import Run
from train import Schedule, parse_arguments, train
from validation import validate

TILE, TRIES = 768, 27
"""Before the trainings, the time is taken as the least of so many runs on a square tile of this side."""


class Variant(UNet):
    """A `unet` with other kernels at its ends, or without the noise factor."""

    def __init__(self, size: str, ends: int = 4, told: bool = True):
        super().__init__(config_of(size))
        w, c = self.config.width, self.config.channels
        self.told = told
        self.layers["stem"] = nn.Conv2d(c + 1, w, ends, 2, ends // 2 - 1)
        self.layers["correction"] = nn.ConvTranspose2d(w, c, ends, 2, ends // 2 - 1)

    def forward(self, noisy: torch.Tensor, noise_factor: torch.Tensor) -> torch.Tensor:
        return super().forward(noisy, noise_factor if self.told else torch.zeros_like(noise_factor))


class Gated(UNet):
    """Blocks whose first convolution makes two halves that are multiplied, in place of ReLU (Chen et al. 2022, NAFNet); as
    many channels as make a block cost the same."""

    def __init__(self, size: str):
        super().__init__(config_of(size))
        for level, times, count in levels(self.config):
            width = self.config.width * times
            half = round(18 * width / 27 / 4) * 4
            for i in range(count):
                self.layers[f"{level}_res{i}_a"] = nn.Conv2d(width, 2 * half, 3, 1, 1)
                self.layers[f"{level}_res{i}_b"] = nn.Conv2d(half, width, 3, 1, 1)

    def residual(self, level: str, count: int, x: torch.Tensor) -> torch.Tensor:
        for i in range(count):
            x = x + self.layers[f"{level}_res{i}_b"](gate(self.layers[f"{level}_res{i}_a"](x)))
        return x


class Simple(UNet):
    """NAFNet's blocks without normalisation and attention: convolutions of 1x1, one of 3x3 of each channel by itself, gates. Each
    costs a third of the multiply-adds of a block of `unet`, and begins as the identity."""

    def __init__(self, size: str):
        super().__init__(config_of(size))
        self.shares = nn.ParameterDict()
        for level, times, count in levels(self.config):
            width = self.config.width * times
            for i in range(count):
                del self.layers[f"{level}_res{i}_a"], self.layers[f"{level}_res{i}_b"]
                for half in ("c", "d"):
                    self.layers[f"{level}_res{i}_{half}_wide"] = nn.Conv2d(width, 2 * width, 1)
                    self.layers[f"{level}_res{i}_{half}_narrow"] = nn.Conv2d(width, width, 1)
                    self.shares[f"{level}_res{i}_{half}"] = nn.Parameter(torch.zeros(1, width, 1, 1))
                self.layers[f"{level}_res{i}_c_each"] = nn.Conv2d(2 * width, 2 * width, 3, 1, 1, groups=2 * width)

    def residual(self, level: str, count: int, x: torch.Tensor) -> torch.Tensor:
        for name in (f"{level}_res{i}_{half}" for i in range(count) for half in ("c", "d")):
            wide = self.layers[f"{name}_wide"](x)
            inner = gate(self.layers[f"{name}_each"](wide) if name.endswith("c") else wide)
            x = x + self.shares[name] * self.layers[f"{name}_narrow"](inner)
        return x


def gate(x: torch.Tensor) -> torch.Tensor:
    one, other = x.chunk(2, 1)
    return one * other


def levels(config: NetworkConfig) -> Iterator[tuple[str, int, int]]:
    """Name, channels as a multiple of the width, and number of blocks."""
    return zip(("enc0", "enc1", "middle", "dec1", "dec0"), (1, 2, 4, 2, 1), config.blocks, strict=True)


VARIANTS = {
    "unet-small": lambda: Variant("small"),
    "unet-slim": lambda: Variant("slim"),
    "ends of 2x2": lambda: Variant("slim", ends=2),
    "ends of 6x6": lambda: Variant("slim", ends=6),
    "no blocks at a quarter": lambda: Variant("32:5,0,2,0,5"),
    "gates": lambda: Gated("slim"),
    "NAFNet blocks": lambda: Simple("slim"),
    "not told the noise": lambda: Variant("slim", told=False),
}


def multiply_adds(network: nn.Module) -> float:
    """For each pixel of the picture, of all convolutions."""
    side, found = 64, []

    def count(layer: nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        places = inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output
        found.append(layer.weight.numel() * places[0, 0].numel())

    hooks = [
        layer.register_forward_hook(count)
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    ]
    with torch.no_grad():
        network(torch.zeros(1, 3, side, side), torch.zeros(1, 1, 1, 1))
    for hook in hooks:
        hook.remove()
    return sum(found) / side**2


@torch.no_grad()
def milliseconds(networks: list[nn.Module]) -> list[float]:
    """For a megapixel, in float32; the networks take turns, so that all of them meet the same disturbances."""
    tile = torch.rand(1, 3, TILE, TILE).to(memory_format=torch.channels_last)
    told = torch.full((1, 1, 1, 1), 0.1)
    least = [math.inf] * len(networks)
    for _ in range(TRIES):
        for at, network in enumerate(networks):
            before = time.perf_counter()
            network(tile, told)
            least[at] = min(least[at], time.perf_counter() - before)
    return [1000 * seconds / (TILE**2 / 1e6) for seconds in least]


def learnt(network: UNet, packed: Path, words: list[str]) -> float:
    """The mean PSNR after the training that these words ask of train.py."""
    args = parse_arguments([str(packed), "nowhere", *words])
    training, held_out = Pictures(packed, "training", args.reduced), Pictures(packed, "validation")
    run = Run(network, vars(args), [], args.device)
    run.move_to_device()
    for _ in train(run, training, Schedule(args), args):
        pass
    scores = validate(run.averaged, held_out, run.device)
    return sum(scores.values()) / len(scores)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="All else is told to train.py.",
    )
    parser.add_argument("packed", type=Path, help="folder written by pack.py")
    parser.add_argument("--only", choices=VARIANTS, nargs="+", default=list(VARIANTS), metavar="NAME")
    parser.add_argument("--threads", type=int, default=1)
    own, words = parser.parse_known_args()
    torch.set_num_threads(own.threads)
    networks = [VARIANTS[name]().to(memory_format=torch.channels_last) for name in own.only]
    times = milliseconds(networks)
    for name, network, time_taken in zip(own.only, networks, times, strict=True):
        score = learnt(network, own.packed, ["--average", "0.99", "--warm-up", "100", *words])
        cost = multiply_adds(network) / 1000
        print(f"{name:24} {cost:5.1f} thousand multiply-adds {score:6.2f} dB {time_taken:5.0f} ms a megapixel", flush=True)


if __name__ == "__main__":
    main()
