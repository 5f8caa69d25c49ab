"""Writes degraded pictures beside clean ones, to measure on: the noise estimator of the product is fitted to them.

    python degrade.py packed/ pairs/ --count 1600 --side 320

writes pairs/noisy/NNNN-KIND.png, pairs/clean/ with the same names, and pairs/pairs.json with the kind and the noise
factor (the white noise it equals, degradations.py) of each. The kinds take turns.
"""

import argparse
import json
from pathlib import Path

import numpy
import torch
from PIL import Image

from degradations import as_bytes, degraded_patch, white_equivalent
from patches import Pictures

TURNS = ["sensor", "clean", "sensor", "grain", "white", "clean", "sensor", "poisson"]


def write_pairs(pictures: Pictures, out: Path, count: int, side: int, seed: int) -> list[dict]:
    for half in ("noisy", "clean"):
        (out / half).mkdir(parents=True, exist_ok=True)
    written = []
    for number in range(count):
        kind = TURNS[number % len(TURNS)]
        clean, noisy = map(as_bytes, degraded_patch(pictures, side, numpy.random.default_rng([seed, number]), kind))
        name = f"{number:04}-{kind}.png"
        Image.fromarray(noisy).save(out / "noisy" / name)
        Image.fromarray(clean).save(out / "clean" / name)
        noise = torch.from_numpy(noisy.astype(numpy.float32) - clean).permute(2, 0, 1)[None] / 255
        written.append({"file": name, "kind": kind, "noiseFactor": white_equivalent(noise).item()})
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
