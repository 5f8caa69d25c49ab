"""Writes degraded pictures beside clean ones, to measure on: the noise estimator of the product was calibrated so.

    python degrade.py packed/ pairs/ --count 80 --side 384

writes pairs/noisy/NNN-KIND.png, pairs/clean/ with the same names, and pairs/pairs.json with the kind and the noise factor
(the standard deviation of noisy − clean) of each. The kinds take turns, so that the rare ones are seen too.
"""

import argparse
import json
from pathlib import Path

import numpy
from PIL import Image

from degradations import KINDS, as_bytes, degraded_patch
from patches import Pictures


def write_pairs(pictures: Pictures, out: Path, count: int, side: int, seed: int) -> list[dict]:
    for half in ("noisy", "clean"):
        (out / half).mkdir(parents=True, exist_ok=True)
    written = []
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        random = numpy.random.default_rng([seed, number])
        clean, noisy = degraded_patch(pictures, side, random, kind)
        name = f"{number:03}-{kind}.png"
        Image.fromarray(as_bytes(noisy)).save(out / "noisy" / name)
        Image.fromarray(as_bytes(clean)).save(out / "clean" / name)
        difference = as_bytes(noisy).astype(float) - as_bytes(clean)
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
