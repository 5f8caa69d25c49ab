"""The `unet` network in PyTorch: layers, names and arithmetic as in the TensorFlow.js one in model/networks/.

    noisy, noise factor                                                            denoised
             │                                                                        │
           stem ─ enc0 ─┬──────────────────────────────────────(+)─ dec0 ─ correction (+ noisy)
                      down0 ─ enc1 ─┬───────────────(+)─ dec1 ─ up0
                                  down1 ─ middle ─ up1

A residual U-Net as in DRUNet (Zhang et al. 2021), narrowed, whose first convolution already halves the
resolution. Like FFDNet (Zhang et al. 2018) it is told the noise factor, so one set of weights serves all noise.
"""

import re
from dataclasses import asdict, dataclass

import torch
from torch import nn

SIZE_MULTIPLE = 8
"""Height and width must be multiples of this: the stem and the two downs halve them three times."""


@dataclass(frozen=True)
class NetworkConfig:
    width: int
    """Channels at half resolution; twice and four times as many at the two levels below."""
    blocks: tuple[int, int, int, int, int]
    """Residual blocks in enc0, enc1, middle, dec1, dec0."""
    channels: int = 3

    def to_json(self) -> dict:
        return {"kind": "unet", **asdict(self), "blocks": list(self.blocks)}

    @staticmethod
    def from_json(value: dict) -> "NetworkConfig":
        return NetworkConfig(value["width"], tuple(value["blocks"]), value["channels"])


# Medium keeps the width of small, so that it can be grown from trained small weights (see grow_from).
SIZES = {
    "slim": NetworkConfig(32, (4, 1, 2, 1, 4)),  # 58 thousand multiply-adds per pixel, narrow and deep
    "small": NetworkConfig(48, (1, 1, 1, 1, 1)),  # 58
    "medium": NetworkConfig(48, (3, 2, 1, 2, 3)),  # 120
    "large": NetworkConfig(80, (2, 2, 2, 2, 2)),  # 303
}


def config_of(size: str) -> NetworkConfig:
    """A name of SIZES, or width and blocks as in 40:2,1,1,1,2."""
    if size in SIZES:
        return SIZES[size]
    if not re.fullmatch(r"[1-9]\d*:\d+(,\d+){4}", size):
        raise ValueError(f"expected {', '.join(SIZES)}, or width and blocks as in 40:2,1,1,1,2, got {size}")
    width, *blocks = (int(number) for number in re.split("[:,]", size))
    return NetworkConfig(width, tuple(blocks))


def cost_per_pixel(config: NetworkConfig) -> float:
    """Multiply-adds per pixel of the picture."""
    w, c = config.width, config.channels
    stem = 4 * 4 * (c + 1) * w / 4  # at a quarter of the pixels
    correction = 4 * 4 * w * c / 4
    downs_and_ups = 2 * (2 * 2 * w * 2 * w / 16) + 2 * (2 * 2 * 2 * w * 4 * w / 64)
    # Channels double where pixels quarter: a block (two 3x3 convolutions) costs the same at every level.
    block = 2 * 3 * 3 * w * w / 4
    return stem + correction + downs_and_ups + block * sum(config.blocks)


class UNet(nn.Module):
    """noisy [N, C, H, W] in [0, 1], noise factor [N or 1, 1, 1, 1] on that scale -> denoised, not clipped."""

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.config = config
        w, c = config.width, config.channels
        enc0, enc1, middle, dec1, dec0 = config.blocks
        # In the order of construction of the TensorFlow.js network: the exported file follows it.
        self.layers = nn.ModuleDict(
            {
                "stem": nn.Conv2d(c + 1, w, 4, 2, 1),
                **residual_blocks("enc0", w, enc0),
                "down0": nn.Conv2d(w, 2 * w, 2, 2),
                **residual_blocks("enc1", 2 * w, enc1),
                "down1": nn.Conv2d(2 * w, 4 * w, 2, 2),
                **residual_blocks("middle", 4 * w, middle),
                "up1": nn.ConvTranspose2d(4 * w, 2 * w, 2, 2),
                **residual_blocks("dec1", 2 * w, dec1),
                "up0": nn.ConvTranspose2d(2 * w, w, 2, 2),
                **residual_blocks("dec0", w, dec0),
                "correction": nn.ConvTranspose2d(w, c, 4, 2, 1),
            }
        )

    def forward(self, noisy: torch.Tensor, noise_factor: torch.Tensor) -> torch.Tensor:
        layers = self.layers
        enc0, enc1, middle, dec1, dec0 = self.config.blocks
        plane = noise_factor.expand(len(noisy), 1, *noisy.shape[2:])
        skip0 = self.residual("enc0", enc0, layers["stem"](torch.cat([noisy, plane], 1)))
        skip1 = self.residual("enc1", enc1, layers["down0"](skip0))
        x = self.residual("middle", middle, layers["down1"](skip1))
        x = self.residual("dec1", dec1, layers["up1"](x) + skip1)
        x = self.residual("dec0", dec0, layers["up0"](x) + skip0)
        return noisy + layers["correction"](x)

    def residual(self, level: str, count: int, x: torch.Tensor) -> torch.Tensor:
        for i in range(count):
            inner = torch.relu(self.layers[f"{level}_res{i}_a"](x))
            x = x + self.layers[f"{level}_res{i}_b"](inner)
        return x


def residual_blocks(level: str, channels: int, count: int) -> dict[str, nn.Module]:
    return {
        f"{level}_res{i}_{part}": nn.Conv2d(channels, channels, 3, 1, 1)
        for i in range(count)
        for part in "ab"
    }


def initialise(network: UNet, seed: int) -> None:
    """Kaiming initialisation; 3x3 kernels are halved, so that the sums of the blocks stay small at the start."""
    generator = torch.Generator().manual_seed(seed)
    for layer in network.layers.values():
        nn.init.kaiming_normal_(layer.weight, a=0.2, generator=generator)
        nn.init.zeros_(layer.bias)
        if layer.kernel_size == (3, 3):
            layer.weight.data.mul_(0.5)


def grow_from(network: UNet, smaller: UNet) -> None:
    """Starts a deeper network of the same width with the function of a shallower, trained one.

    Layers of the same name are copied. The blocks the smaller network lacks end in a zeroed convolution, which
    makes each the identity (Chen et al. 2016, Net2Net); `initialise` the network first.
    """
    if (network.config.width, network.config.channels) != (smaller.config.width, smaller.config.channels):
        raise ValueError(f"width and channels must be equal: {network.config} and {smaller.config}")
    for name, layer in network.layers.items():
        if name in smaller.layers:
            layer.load_state_dict(smaller.layers[name].state_dict())
        elif name.endswith("_b"):
            nn.init.zeros_(layer.weight)
    if missing := set(smaller.layers) - set(network.layers):
        raise ValueError(f"the network has no place for {sorted(missing)}")
