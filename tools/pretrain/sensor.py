"""Noise as a camera's sensor makes it and its processing leaves it.

The picture is taken back to the sensor, noise is added there, and what the noise becomes on its way to a file is
added to the picture: demosaicing smears it over neighbours and colours, the tone curve makes it strong in the
shadows. Numbers and steps after Brooks et al. 2019, "Unprocessing Images for Learned Raw Denoising", with two
changes: only the noise is demosaiced, so that the picture itself is the clean answer and nothing is sharpened by
learning; and the gains are not softened near white, so that the way back ends exactly where it began.
"""

from dataclasses import dataclass
from functools import cache

import numpy

XYZ_TO_CAMERA = numpy.array(
    [
        [[1.0234, -0.2969, -0.2266], [-0.5625, 1.6328, -0.0469], [-0.0703, 0.2188, 0.6406]],
        [[0.4913, -0.0541, -0.0202], [-0.613, 1.3513, 0.2906], [-0.1564, 0.2151, 0.7183]],
        [[0.838, -0.263, -0.0639], [-0.2887, 1.0725, 0.2496], [-0.0627, 0.1427, 0.5438]],
        [[0.6596, -0.2079, -0.0562], [-0.4782, 1.3016, 0.1933], [-0.097, 0.1581, 0.5181]],
    ]
)
RGB_TO_XYZ = numpy.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
GAMMA = 2.2
SHOT_NOISE = (1e-4, 0.012)
"""Variance at full signal, log-uniform; the variance of reading follows it (`draw_camera`)."""

# A missing colour is told from its neighbours: at a red or blue place green, at a green place the colour of the
# row and of the column, at a red place blue and the reverse. Offsets (down, right) and weights.
BILINEAR = {
    "green": {(0, 1): 0.25, (0, -1): 0.25, (1, 0): 0.25, (-1, 0): 0.25},
    "row": {(0, 1): 0.5, (0, -1): 0.5},
    "column": {(1, 0): 0.5, (-1, 0): 0.5},
    "opposite": {(1, 1): 0.25, (1, -1): 0.25, (-1, 1): 0.25, (-1, -1): 0.25},
}
ROW = {(0, 0): 5, (0, 1): 4, (0, -1): 4, (0, 2): -1, (0, -2): -1, (2, 0): 0.5, (-2, 0): 0.5}
ROW |= {(down, right): -1 for down in (-1, 1) for right in (-1, 1)}
MALVAR = {
    "green": {
        offset: weight / 8
        for offset, weight in {
            (0, 0): 4,
            **{near: 2 for near in BILINEAR["green"]},
            **{(2 * down, 2 * right): -1 for down, right in BILINEAR["green"]},
        }.items()
    },
    "row": {offset: weight / 8 for offset, weight in ROW.items()},
    "column": {(right, down): weight / 8 for (down, right), weight in ROW.items()},
    "opposite": {
        offset: weight / 8
        for offset, weight in {
            (0, 0): 6,
            **{near: 2 for near in BILINEAR["opposite"]},
            **{(2 * down, 2 * right): -1.5 for down, right in BILINEAR["green"]},
        }.items()
    },
}
"""Malvar, He and Cutler 2004, "High-quality linear interpolation for demosaicing of Bayer-patterned color images"."""


@dataclass(frozen=True)
class Camera:
    to_camera: numpy.ndarray  # [3, 3], linear colours of the picture to those of the sensor
    gains: numpy.ndarray  # [3], what the sensor's values are multiplied by: white balance and brightness
    contrast: bool  # whether the tone curve is steepened in the middle, as most are
    shot: float
    read: float
    demosaicing: dict


def draw_camera(random: numpy.random.Generator) -> Camera:
    weights = random.random(4)
    to_camera = numpy.tensordot(weights / weights.sum(), XYZ_TO_CAMERA, 1) @ RGB_TO_XYZ
    brightness = 1 / random.normal(0.8, 0.1)
    log_shot = random.uniform(*numpy.log(SHOT_NOISE))
    return Camera(
        to_camera / to_camera.sum(1, keepdims=True),
        brightness * numpy.array([random.uniform(1.9, 2.4), 1, random.uniform(1.5, 1.9)]),
        random.random() < 0.6,
        numpy.exp(log_shot),
        numpy.exp(2.18 * log_shot + 1.2 + random.normal(0, 0.26)),
        BILINEAR if random.random() < 0.4 else MALVAR,
    )


def sensor_noise(light: numpy.ndarray, camera: Camera, random: numpy.random.Generator) -> numpy.ndarray:
    """Of what the sensor sees, [H, W, 3]: float32 [H, W, 3] in its units, demosaiced."""
    seen = mosaic(light)
    deviation = numpy.sqrt(camera.shot * numpy.maximum(seen, 0) + camera.read)
    noise = (deviation * random.standard_normal(seen.shape)).astype(numpy.float32)
    return demosaic(noise, camera.demosaicing)


def developed(light: numpy.ndarray, camera: Camera) -> numpy.ndarray:
    """What becomes of what the sensor sees, [H, W, 3]: float32 in [0, 1]. Without noise, the picture."""
    linear = light * camera.gains
    back = numpy.linalg.inv(camera.to_camera).T.astype(numpy.float32)
    return tone(linear.clip(0, 1).astype(numpy.float32) @ back, camera.contrast)


def seen_light(clean: numpy.ndarray, camera: Camera) -> numpy.ndarray:
    """uint8 [H, W, 3] -> what the sensor sees of it, white balance not yet applied."""
    return (linear_levels(camera.contrast)[clean] @ camera.to_camera.T.astype(numpy.float32)) / camera.gains


@cache
def linear_levels(contrast: bool) -> numpy.ndarray:
    """Linear light of each of the 256 values of a file: float32 [256]."""
    level = numpy.arange(256) / 255
    if contrast:
        level = 0.5 - numpy.sin(numpy.arcsin(1 - 2 * level) / 3)
    return (level**GAMMA).astype(numpy.float32)


def tone(linear: numpy.ndarray, contrast: bool) -> numpy.ndarray:
    level = linear.clip(0, 1) ** numpy.float32(1 / GAMMA)
    return level * level * (3 - 2 * level) if contrast else level


def mosaic(image: numpy.ndarray) -> numpy.ndarray:
    """[H, W, 3] -> [H, W], one colour a place: red green / green blue."""
    seen = image[..., 1].copy()
    seen[0::2, 0::2] = image[0::2, 0::2, 0]
    seen[1::2, 1::2] = image[1::2, 1::2, 2]
    return seen


def demosaic(seen: numpy.ndarray, kernels: dict) -> numpy.ndarray:
    """[H, W] -> [H, W, 3], by linear interpolation; the borders reflect, which keeps the colours' places."""
    padded = numpy.pad(seen, 2, "reflect")
    height, width = seen.shape

    def interpolate(kernel: str, rows: int, columns: int) -> numpy.ndarray:
        """At every second row and column, beginning with these."""
        total = 0
        for (down, right), weight in kernels[kernel].items():
            top, left = 2 + rows + down, 2 + columns + right
            total += numpy.float32(weight) * padded[top : top + height - rows : 2, left : left + width - columns : 2]
        return total

    image = numpy.repeat(seen[..., None], 3, 2)
    image[0::2, 0::2, 1] = interpolate("green", 0, 0)
    image[1::2, 1::2, 1] = interpolate("green", 1, 1)
    for colour, row in ((0, 0), (2, 1)):
        other = 1 - row
        image[row::2, other::2, colour] = interpolate("row", row, other)
        image[other::2, row::2, colour] = interpolate("column", other, row)
        image[other::2, other::2, colour] = interpolate("opposite", other, other)
    return image
