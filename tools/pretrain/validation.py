"""PSNR on held-out training pictures, to see how a run goes. Test pictures are for evaluate.py alone."""

import numpy
import torch

from degradations import degraded_patch, white_equivalent
from network import UNet
from patches import Pictures, as_file

SIGMAS_255 = (15, 25, 50)
LARGEST_COUNT = 16
CROP = 192
PHOTO_COUNT, PHOTO_CROP = 40, 96
CLEAN_EVERY = 8
"""So that there are some, whatever is drawn."""
CLEAN_ENOUGH = 60
"""dB; an answer equal to the last bit has no PSNR."""


def psnr(image: torch.Tensor, clean: torch.Tensor, rounded: bool = True) -> float:
    """dB, data range 1, all channels together; of what an 8 bit file keeps of the image, or of the image."""
    error = (as_file(image) if rounded else image) - clean
    return -10 * torch.log10(error.square().mean()).item()


def validate(network: UNet, pictures: Pictures, device: torch.device, noise: str = "gaussian") -> dict[str, float]:
    """On the noise that is trained for, one of train.py's NOISES."""
    return (validate_photo if noise == "photo" else validate_gaussian)(network, pictures, device)


@torch.no_grad()
def validate_photo(network: UNet, pictures: Pictures, device: torch.device) -> dict[str, float]:
    """Mean PSNR of degraded patches before and after, always the same ones, told their true factor and half and twice
    of it (they are what a wrong estimate costs); clean ones apart, told one level."""
    random = numpy.random.default_rng(0)
    found: dict[str, list[float]] = {name: [] for name in ("noisy", "photo", "photo_half", "photo_twice", "clean")}
    for number in range(PHOTO_COUNT):
        pair = degraded_patch(pictures, PHOTO_CROP, random, None if number % CLEAN_EVERY else "clean")
        clean, noisy = (torch.from_numpy(image).to(device).permute(2, 0, 1)[None] for image in pair)
        factor = white_equivalent(noisy - clean).item()

        def answer(told: float) -> float:
            return min(CLEAN_ENOUGH, psnr(network(noisy, torch.full((1, 1, 1, 1), told, device=device)), clean))

        if factor == 0:
            found["clean"].append(answer(1 / 255))
            continue
        found["noisy"].append(psnr(noisy, clean))
        for name, told in (("photo", factor), ("photo_half", factor / 2), ("photo_twice", factor * 2)):
            found[name].append(answer(told))
    return {f"psnr_{name}": round(sum(values) / max(1, len(values)), 3) for name, values in found.items()}


@torch.no_grad()
def validate_gaussian(network: UNet, pictures: Pictures, device: torch.device) -> dict[str, float]:
    """Mean PSNR at each noise level, not clipped (psnr_25) and clipped (psnr_25_clipped); always the same noise."""
    crops = [
        centre_crop(pictures, number) for number, entry in enumerate(pictures.entries) if entry["scale"] == 1
    ]
    clean = torch.stack(crops[:LARGEST_COUNT]).to(device)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(0)).to(device)
    scores = {}
    for sigma in SIGMAS_255:
        noisy = clean + sigma / 255 * noise
        told = torch.full((1, 1, 1, 1), sigma / 255, device=device)
        for name, image in ((f"psnr_{sigma}", noisy), (f"psnr_{sigma}_clipped", as_file(noisy))):
            answers = [psnr(network(image[i : i + 1], told), clean[i : i + 1]) for i in range(len(clean))]
            scores[name] = round(sum(answers) / len(answers), 3)
    return scores


def centre_crop(pictures: Pictures, number: int) -> torch.Tensor:
    pixels = pictures.pixels(number)
    top, left = ((extent - CROP) // 2 for extent in pixels.shape[:2])
    return (
        torch.from_numpy(pixels[top : top + CROP, left : left + CROP].copy()).permute(2, 0, 1).float() / 255
    )
