"""From a photograph to a clean picture: so much smaller that the photograph's own noise averages away."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageDraw, ImageFilter

Box = tuple[int, int, int, int]


def find(folder: Path, name: str) -> Path:
    """The one file of that name anywhere under the folder."""
    found = sorted(folder.rglob(name))
    if not found:
        raise FileNotFoundError(f'{name} is not under {folder}: see the README beside this script')
    return found[0]


def clean_picture(
    source: Path, box: Box, size: tuple[int, int], profiles: tuple[Path, Path] | None = None
) -> np.ndarray:
    """The part `box` (left, top, right, bottom) at `size` (width, height).

    Returns float64 [height, width, 3] in [0, 1]. With `profiles` (from, to) the colours are converted first.
    Shrinking is done in floating point, so the result has real values between the 256 levels of the source:
    enough for a 16-bit file.
    """
    with Image.open(source) as opened:
        photograph = opened.convert('RGB').crop(box)
    if profiles is not None:
        photograph = ImageCms.profileToProfile(photograph, str(profiles[0]), str(profiles[1]))
    return np.stack([shrink(channel, size) for channel in photograph.split()], axis=-1) / 255


def shrink(channel: Image.Image, size: tuple[int, int]) -> np.ndarray:
    resized = channel.convert('F').resize(size, Image.Resampling.LANCZOS)
    return np.clip(np.asarray(resized, dtype=np.float64), 0, 255)


def opacity(outline: list[tuple[int, int]], box: Box, size: tuple[int, int], feather: float) -> np.ndarray:
    """Alpha of a cut-out, uint8 [height, width]: 0 at the outline, 255 from about `feather` pixels within."""
    oversampling = 4
    width, height = size
    scale_x = oversampling * width / (box[2] - box[0])
    scale_y = oversampling * height / (box[3] - box[1])
    mask = Image.new('L', (width * oversampling, height * oversampling), 0)
    ImageDraw.Draw(mask).polygon(
        [((x - box[0]) * scale_x, (y - box[1]) * scale_y) for x, y in outline], fill=255
    )
    mask = mask.filter(ImageFilter.GaussianBlur(feather * oversampling / 2))
    mask = mask.point(
        [max(0, 2 * level - 255) for level in range(256)]
    )  # the outer half would show the background
    return np.asarray(mask.resize(size, Image.Resampling.BOX))
