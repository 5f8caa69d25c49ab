"""PSNR on held-out training pictures, to see how a run goes. Test pictures are for evaluate.py alone."""

import torch

from network import UNet
from patches import Pictures, as_file

SIGMAS_255 = (15, 25, 50)
LARGEST_COUNT = 16
CROP = 192


def psnr(image: torch.Tensor, clean: torch.Tensor, rounded: bool = True) -> float:
    """dB, data range 1, all channels together; of what an 8 bit file keeps of the image, or of the image."""
    error = (as_file(image) if rounded else image) - clean
    return -10 * torch.log10(error.square().mean()).item()


@torch.no_grad()
def validate(network: UNet, pictures: Pictures, device: torch.device) -> dict[str, float]:
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
