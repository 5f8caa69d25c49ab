"""PSNR on test pictures with Gaussian noise, by the protocol of the denoising papers.

To report a result, never to choose by it.

    python evaluate.py run/checkpoint.pt DATA/test/CBSD68
    python evaluate.py run/checkpoint.pt DATA/test/CBSD68 --clipped

Per picture: NumPy's generator seeded with 0, noise N(0, sigma / 255), neither clipped nor rounded (unless
--clipped: what an 8 bit file keeps); padded by reflection; the answer clipped and rounded to 8 bit; PSNR over
all channels, no border cut; then the mean. A grey picture goes through the network as three equal channels with the same
noise, and the mean of the three is the answer.
"""

import argparse
import json
from pathlib import Path

import numpy
import torch
from PIL import Image

from network import SIZE_MULTIPLE, UNet
from patches import as_file
from validation import psnr
from weights import load


def read_clean(file: Path) -> numpy.ndarray:
    return numpy.asarray(Image.open(file).convert("RGB"), numpy.float32) / 255


def add_noise(clean: numpy.ndarray, sigma_255: float, clipped: bool) -> torch.Tensor:
    drawn = (*clean.shape[:2], 1) if is_grey(clean) else clean.shape
    noise = numpy.random.RandomState(0).normal(0, sigma_255 / 255, drawn)
    noisy = to_tensor((clean + noise).astype(numpy.float32))
    return as_file(noisy) if clipped else noisy


def is_grey(image: numpy.ndarray) -> bool:
    """[H, W, 3]"""
    return bool((image == image[..., :1]).all())


def to_tensor(image: numpy.ndarray) -> torch.Tensor:
    return torch.from_numpy(image).permute(2, 0, 1)[None]


@torch.no_grad()
def denoise(network: UNet, noisy: torch.Tensor, noise_factor: float) -> torch.Tensor:
    height, width = noisy.shape[2:]
    below, right = -height % SIZE_MULTIPLE, -width % SIZE_MULTIPLE
    padded = torch.nn.functional.pad(noisy, (0, right, 0, below), "reflect")
    told = torch.full((1, 1, 1, 1), noise_factor, device=noisy.device)
    return network(padded, told)[:, :, :height, :width]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path, help="a checkpoint, an exported folder or an .npz")
    parser.add_argument("pictures", type=Path, help="folder of clean test pictures")
    parser.add_argument(
        "--sigmas", type=float, nargs="+", default=[15, 25, 50], help="of 255 (default: %(default)s)"
    )
    parser.add_argument("--clipped", action="store_true", help="clip and round the noisy picture to 8 bit")
    parser.add_argument("--first", type=int, help="only so many pictures, for a quick look")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, help="processor threads for the arithmetic")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    network = load(args.weights)[0].to(args.device, memory_format=torch.channels_last)
    files = sorted(
        file for file in args.pictures.iterdir() if file.suffix.lower() in (".png", ".tif", ".jpg")
    )[: args.first]
    if not files:
        raise SystemExit(f"no pictures in {args.pictures}")
    for sigma in args.sigmas:
        scores = []
        for file in files:
            clean = read_clean(file)
            noisy, reference = (
                add_noise(clean, sigma, args.clipped).to(args.device),
                to_tensor(clean).to(args.device),
            )
            answer = denoise(network, noisy, sigma / 255)
            if is_grey(clean):
                answer = answer.mean(1, keepdim=True).expand(-1, 3, -1, -1)
            scores.append((psnr(noisy, reference, rounded=False), psnr(answer, reference)))
        before, after = numpy.mean(scores, 0)
        result = {
            "pictures": len(files),
            "sigma": sigma,
            "clipped": args.clipped,
            "noisy": round(before, 3),
            "denoised": round(after, 3),
        }
        print(json.dumps({"set": args.pictures.name, **result}), flush=True)


if __name__ == "__main__":
    main()
