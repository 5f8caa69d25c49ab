"""Packs folders of clean pictures into one uint8 file that training maps into memory.

    python pack.py DATA/train packed/

writes packed/pictures.bin (every picture's [H, W, 3] bytes, one after the other) and packed/index.json, which
says where each picture lies and whether it trains or validates. Pictures large enough are stored a second time
at half size: more scales, and cleaner. The split is by picture, both sizes on the same side of it.
"""

import argparse
import json
import random
from pathlib import Path

import numpy
from PIL import Image, ImageOps

PERMISSIVE_SETS = ["photos", "CLIC2025", "CID22", "GB82"]
"""Licences that allow weights to be shipped; BSD400 is for non-commercial use only and left out."""

NEVER_TRAIN = {"test", "real"}
"""Names of folders that hold test pictures."""

ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"}
SMALLEST_SIDE = 128
SMALLEST_HALVED_SIDE = 240


def pack(root: Path, sets: list[str], out: Path, validation: float, seed: int) -> dict:
    files = sorted(p for name in sets for p in (root / name).rglob("*") if p.suffix.lower() in ENDINGS)
    if not files:
        raise SystemExit(f"no pictures in {root} under {', '.join(sets)}")
    for file in files:
        if NEVER_TRAIN & {root.resolve().name, *file.relative_to(root).parts}:
            raise SystemExit(
                f"{file}: pictures under {' and '.join(sorted(NEVER_TRAIN))} are never for training"
            )
    held_out = set(random.Random(seed).sample(range(len(files)), max(1, round(validation * len(files)))))

    out.mkdir(parents=True, exist_ok=True)
    pictures, offset = [], 0
    partial = out / "pictures.bin.part"
    with partial.open("wb") as stream:
        for number, file in enumerate(files):
            image = ImageOps.exif_transpose(Image.open(file)).convert("RGB")
            if min(image.size) < SMALLEST_SIDE:
                continue
            for scale in (1, 2) if min(image.size) // 2 >= SMALLEST_HALVED_SIDE else (1,):
                pixels = numpy.asarray(image if scale == 1 else image.reduce(scale))
                height, width, _ = pixels.shape
                stream.write(pixels.tobytes())
                pictures.append(
                    {
                        "file": str(file.relative_to(root)),
                        "scale": 1 / scale,
                        "offset": offset,
                        "height": height,
                        "width": width,
                        "split": "validation" if number in held_out else "training",
                    }
                )
                offset += pixels.size
    partial.replace(out / "pictures.bin")
    index = {"sets": sets, "seed": seed, "validation": validation, "bytes": offset, "pictures": pictures}
    (out / "index.json").write_text(json.dumps(index, indent=1) + "\n")
    return index


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", type=Path, help="folder that holds the sets")
    parser.add_argument("out", type=Path, help="folder to write")
    parser.add_argument("--sets", nargs="+", default=PERMISSIVE_SETS, help="default: %(default)s")
    parser.add_argument(
        "--validation", type=float, default=0.05, help="share of the pictures held out (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    index = pack(args.root, args.sets, args.out, args.validation, args.seed)
    held_out = sum(p["split"] == "validation" for p in index["pictures"])
    print(
        f"{len(index['pictures'])} pictures ({held_out} for validation), {index['bytes'] / 1e6:.0f} MB in {args.out}"
    )


if __name__ == "__main__":
    main()
