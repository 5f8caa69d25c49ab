"""Writes degraded pictures beside clean ones, to measure on: the noise estimator of the product is fitted to them.

    python degrade.py packed/ pairs/ --count 1600 --side 320

writes pairs/noisy/NNNN-KIND.png, pairs/clean/ with the same names, and pairs/pairs.json with the kind and the noise
factor (the standard deviation of noisy − clean) of each. The kinds take turns. Half of the pictures are softened first,
as lenses and sensors give them at full size: training pictures are made small, and sharper than those of cameras.
"""

import argparse
import json
from pathlib import Path

import numpy
from PIL import Image

from degradations import as_bytes, degraded_patch
from patches import Pictures

TURNS = ["sensor", "clean", "sensor", "grain", "white", "clean", "sensor", "poisson"]
SOFT_SHARE = 0.5
SOFTER = (1.1, 2.2)
"""By how much a picture is enlarged to be soft."""
LARGEST_CROP = 1.7
"""Of the side that is wanted: the most that degrading cuts out before it makes the patch smaller."""


class Softened:
    """Pictures of which some are enlarged, so that they hold no finest detail."""

    def __init__(self, pictures: Pictures, side: int):
        self.pictures, self.side, self.shares = pictures, side, pictures.shares
        self.random = numpy.random.default_rng()

    def pixels(self, number: int) -> numpy.ndarray:
        pixels = self.pictures.pixels(number)
        if self.random.random() < SOFT_SHARE:
            return pixels
        factor = self.random.uniform(*SOFTER)
        wanted = int(min(*pixels.shape[:2], numpy.ceil(self.side * LARGEST_CROP / factor) + 1))
        top, left = (self.random.integers(extent - wanted + 1) for extent in pixels.shape[:2])
        crop = Image.fromarray(numpy.ascontiguousarray(pixels[top : top + wanted, left : left + wanted]))
        enlarged = max(round(wanted * factor), self.side)
        filter = Image.Resampling(self.random.choice([Image.BILINEAR, Image.BICUBIC, Image.LANCZOS]))
        return numpy.asarray(crop.resize((enlarged, enlarged), filter))


def write_pairs(pictures: Pictures, out: Path, count: int, side: int, seed: int) -> list[dict]:
    for half in ("noisy", "clean"):
        (out / half).mkdir(parents=True, exist_ok=True)
    softened = Softened(pictures, side)
    written = []
    for number in range(count):
        kind = TURNS[number % len(TURNS)]
        softened.random = numpy.random.default_rng([seed, number, 7])
        clean, noisy = map(as_bytes, degraded_patch(softened, side, numpy.random.default_rng([seed, number]), kind))
        name = f"{number:04}-{kind}.png"
        Image.fromarray(noisy).save(out / "noisy" / name)
        Image.fromarray(clean).save(out / "clean" / name)
        difference = noisy.astype(float) - clean
        written.append({"file": name, "kind": kind, "noiseFactor": float((difference**2).mean() ** 0.5 / 255)})
    (out / "pairs.json").write_text(json.dumps(written, indent=1) + "\n")
    return written


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("packed", type=Path, help="folder written by pack.py")
    parser.add_argument("out", type=Path, help="folder to write")
    parser.add_argument("--count", type=int, default=80, help="default: %(default)s")
    parser.add_argument("--side", type=int, default=384, help="default: %(default)s")
    parser.add_argument("--split", choices=["training", "validation"], default="training")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    written = write_pairs(Pictures(args.packed, args.split), args.out, args.count, args.side, args.seed)
    print(f"{len(written)} pairs in {args.out}")


if __name__ == "__main__":
    main()
