"""Writes trained weights in the form the product reads, with a small question and its answer to check it.

    python export.py run/checkpoint.pt exported/

writes exported/weights.bin and weights.json, and answer.bin and answer.json: a noisy picture, the noise factor
and what PyTorch answers. Any other implementation must give the same to 1e-4.

    python export.py ../../model/pretrained/ID ../../test/fixtures/answers/ID --answer-only

writes the answer of a bundled model, which `npm test` compares with the product's.

    python export.py run/checkpoint.pt exported/ --blend other/checkpoint.pt 0.5

exports the mean of two networks, the first with this share. Of two runs from the same weights with other seeds the mean is
often better than either (Wortsman et al. 2022, "Model soups"); that of a run and the weights it began from keeps more of what those
could do on pictures unlike the ones it trained on (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy
import torch

from network import UNet
from patches import Pictures
from weights import load, write_exported, write_floats

HEIGHT, WIDTH, NOISE_FACTOR = 32, 40, 0.1


@torch.no_grad()
def write_answer(folder: Path, network: UNet) -> None:
    """answer.bin: noisy and denoised, little-endian float32 [H, W, C] each. A soft ramp, its noise not clipped."""
    random = numpy.random.default_rng(1)
    shape = (HEIGHT, WIDTH, network.config.channels)
    rows, columns, channels = numpy.indices(shape)
    clean = 0.2 + 0.3 * rows / HEIGHT + 0.2 * columns / WIDTH + 0.1 * channels
    noisy = (clean + NOISE_FACTOR * random.standard_normal(shape)).astype(numpy.float32)
    inputs = torch.from_numpy(noisy).permute(2, 0, 1)[None], torch.full((1, 1, 1, 1), NOISE_FACTOR)
    denoised = network(*inputs)[0].permute(1, 2, 0).numpy()
    write_floats(folder / "answer.bin", [noisy, denoised])
    description = {
        "noiseFactor": NOISE_FACTOR,
        "tensors": [{"name": n, "shape": list(shape)} for n in ("noisy", "denoised")],
    }
    (folder / "answer.json").write_text(json.dumps(description) + "\n")


@torch.no_grad()
def blend(network: UNet, other: UNet, share: float) -> None:
    """Makes the first the mean of both, with this share of itself. ValueError unless they are of one shape."""
    if network.config != other.config:
        raise ValueError(f"{network.config} cannot be blended with {other.config}")
    for kept, added in zip(network.parameters(), other.parameters()):
        kept.lerp_(added, 1 - share)


def pictures_by_set(packed: Path) -> dict[str, int]:
    """How many files of each set train; one that is packed in two sizes counts once."""
    files = {entry["file"] for entry in Pictures(packed, "training").entries}
    return dict(sorted(Counter(file.split("/")[0] for file in files).items()))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path, help="a checkpoint, an exported folder, a model of the app or an .npz")
    parser.add_argument("out", type=Path, help="folder to write")
    parser.add_argument("--packed", type=Path, help="folder written by pack.py, to tell how many pictures were trained on")
    parser.add_argument("--answer-only", action="store_true", help="write the question and its answer alone")
    parser.add_argument("--blend", nargs=2, metavar=("WEIGHTS", "SHARE"), help="export the mean with these weights")
    args = parser.parse_args()
    network, trained = load(args.weights)
    if args.blend:
        other, share = Path(args.blend[0]), float(args.blend[1])
        blend(network, load(other)[0], share)
        trained["startedFrom"] = f"{trained.get('startedFrom')}; {share:.0%} of it and {1 - share:.0%} of {other}"
    if args.packed:
        trained["pictures"] = pictures_by_set(args.packed)
    args.out.mkdir(parents=True, exist_ok=True)
    if not args.answer_only:
        write_exported(args.out, network, trained)
    write_answer(args.out, network)
    print(
        f"{args.out}: {sum(p.numel() for p in network.parameters())} parameters, trained {json.dumps(trained)}"
    )


if __name__ == "__main__":
    main()
