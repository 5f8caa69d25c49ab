"""Training patches: where they are cut, how they are turned, what noise they get.

Every draw follows from the seed and the step.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy
import torch

HIGHEST_NOISE_FACTOR = 0.22
"""Standard deviation on the [0, 1] scale; 56 of 255."""

PERMUTED_SHARE = 0.2
CLIPPED_SHARE = 0.2
GREY_SHARE = 0.08
"""Grey pictures go through a colour network as three equal channels, so their noise is the same in all three."""
WRONG_FACTOR_SHARE = 0.05
WRONG_FACTOR_RANGE = 0.15


class Pictures:
    """The packed pictures of one split, mapped into memory."""

    def __init__(self, packed: Path, split: str, reduced: float = 1):
        """`reduced`: how much more often than by their size pictures are drawn that were packed at less than full size."""
        self.index = json.loads((packed / "index.json").read_text())
        self.entries = [p for p in self.index["pictures"] if p["split"] == split]
        self.bytes = numpy.memmap(packed / "pictures.bin", numpy.uint8, "r")
        # The root of the area: large pictures are seen more often, but do not drown the many small ones.
        roots = numpy.sqrt([p["height"] * p["width"] for p in self.entries])
        roots *= [1 if p["scale"] == 1 else reduced for p in self.entries]
        self.shares = numpy.cumsum(roots) / roots.sum()

    def pixels(self, number: int) -> numpy.ndarray:
        entry = self.entries[number]
        shape = (entry["height"], entry["width"], 3)
        return self.bytes[entry["offset"] : entry["offset"] + numpy.prod(shape)].reshape(shape)


def random_crops(pictures: Pictures, count: int, side: int, seed: int, step: int) -> numpy.ndarray:
    """uint8 [count, side, side, 3]: random places, 8 flips and turns, colours exchanged now and then."""
    random = numpy.random.default_rng([seed, step])
    return numpy.stack([draw_crop(draw_picture(pictures, random), side, random) for _ in range(count)])


def draw_picture(pictures: Pictures, random: numpy.random.Generator) -> numpy.ndarray:
    return pictures.pixels(min(numpy.searchsorted(pictures.shares, random.random()), len(pictures.shares) - 1))


def draw_crop(pixels: numpy.ndarray, side: int, random: numpy.random.Generator) -> numpy.ndarray:
    """uint8 [side, side, 3]"""
    if min(pixels.shape[:2]) < side:
        raise ValueError(
            f"a patch of {side} does not fit into a picture of {pixels.shape[1]}x{pixels.shape[0]}"
        )
    top, left = (random.integers(extent - side + 1) for extent in pixels.shape[:2])
    crop = numpy.rot90(pixels[top : top + side, left : left + side], random.integers(4))
    if random.random() < 0.5:
        crop = crop[:, ::-1]
    if random.random() < PERMUTED_SHARE:
        crop = crop[..., random.permutation(3)]
    return numpy.ascontiguousarray(crop)


Made = TypeVar("Made")


def made_ahead(
    make: Callable[[int, int, int], Made],
    first_step: int,
    loaders: int,
    shape_at: Callable[[int], tuple[int, int]],
) -> Iterator[Made]:
    """What `make` makes of (count, side, step) for each step, made by other threads a few steps ahead."""
    with ThreadPoolExecutor(loaders) as pool:
        waiting: deque[Future[Made]] = deque()
        step = first_step
        while True:
            while len(waiting) < 2 * loaders:
                waiting.append(pool.submit(make, *shape_at(step), step))
                step += 1
            yield waiting.popleft().result()


@dataclass
class Batch:
    clean: torch.Tensor  # [N, 3, H, W] in [0, 1]
    noisy: torch.Tensor  # the same; some of them clipped and rounded to 8 bit, as in a file
    told: torch.Tensor  # [N, 1, 1, 1], the noise factor the network is told

    def to(self, device: torch.device) -> "Batch":
        return Batch(self.clean.to(device), self.noisy.to(device), self.told.to(device))


def add_noise(
    crops: numpy.ndarray,
    seed: int,
    step: int,
    device: torch.device,
    grey_share: float = GREY_SHARE,
    clipped_share: float = CLIPPED_SHARE,
) -> Batch:
    """A random noise factor for each patch; the one told is slightly wrong now and then, as an estimate is."""
    random = torch.Generator(device).manual_seed((seed * 1_000_003 + step) % 2**63)
    clean = torch.from_numpy(crops).to(device).permute(0, 3, 1, 2).float() / 255  # channels last in memory
    count = (len(crops), 1, 1, 1)

    def uniform() -> torch.Tensor:
        return torch.rand(count, generator=random, device=device)

    noise = torch.randn(crops.shape, generator=random, device=device).permute(0, 3, 1, 2)
    grey = uniform() < grey_share
    clean = torch.where(grey, as_file(clean.mean(1, keepdim=True)), clean)
    noise = torch.where(grey, noise[:, :1], noise)
    factor = uniform() * HIGHEST_NOISE_FACTOR
    noisy = clean + factor * noise
    noisy = torch.where(uniform() < clipped_share, as_file(noisy), noisy)
    error = torch.where(uniform() < WRONG_FACTOR_SHARE, (2 * uniform() - 1) * WRONG_FACTOR_RANGE, 0)
    return Batch(clean, noisy, factor * (1 + error))


def as_file(image: torch.Tensor) -> torch.Tensor:
    """What an 8 bit file keeps of an image in [0, 1]."""
    return (image.clamp(0, 1) * 255).round() / 255
