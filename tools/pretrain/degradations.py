"""Patches as photographs are found: with the noise of cameras, grain, JPEG, made smaller or larger, or with none.

Every draw follows from the seed and the step. Kinds and shares after Zhang et al. 2023 (SCUNet) and Guo et al. 2019
(CBDNet), numbers of the sensor after Brooks et al. 2019; see sensor.py.

The noise factor that the network is told means the same as for Gaussian noise: that of the white noise which is as strong
where this noise is strongest, at full size or down to an eighth (white_equivalent). So a network that knows white noise
is told from the start what serves it, for it takes smeared noise that is told by its deviation alone for texture. It is told
with a large error, because in use it is estimated from noise that demosaicing and JPEG have half hidden; so the network
learns to look for itself and to take the factor as advice.

Noise that is cut off at black, or bent by a tone curve, is not zero on average: it makes shadows lighter or darker. The
clean answer is the average of many such pictures, as the clean ones of test sets are (PolyU, CC15, Nam25 average hundreds of
shots); who learns to undo the shift instead darkens the shadows of every photograph. White noise alone is to be undone.
"""

import io
from collections.abc import Callable

import numpy
import torch
from PIL import Image
from torch.nn import functional

from patches import HIGHEST_NOISE_FACTOR, Batch, Pictures, draw_crop, draw_picture
from sensor import developed, draw_camera, seen_light, sensor_noise

KINDS = {"clean": 0.1, "white": 0.18, "poisson": 0.1, "sensor": 0.42, "grain": 0.2}
"""What is done to a patch, and to which share of them."""
JPEG_SHARES = {"clean": 0.4, "white": 0.2, "poisson": 0.2, "sensor": 0.7, "grain": 0.4}
JPEG_QUALITIES = {"clean": (40, 95), "white": (60, 99), "poisson": (60, 99), "sensor": (75, 100), "grain": (60, 99)}
GREY_SHARE = 0.12
SOFT_SHARE = 0.5
SOFTER = (1.1, 2.2)
"""By how much a patch is enlarged before it gets its noise, to be as soft as lenses and sensors give it at full size:
training pictures were made small, and are sharper than those of cameras. Who never saw fine contrast that is weak and
true takes it for noise."""
COMMON_GRAIN = 0.4
"""How much of the grain the three colours share at most: the layers of a film have each their own. Grain that is the same in
all of them would look like cloth, fur and sand, and take them with it."""
RESIZED_SHARE = 0.25
RESIZED = (0.6, 1.35)
"""By how much a patch is made smaller or larger after it got its noise."""
SECOND_JPEG_SHARE = 0.4
"""Of the resized ones."""
SCALES = (1, 2, 4, 8)
TOLD_DEVIATION = 0.3
"""Of the logarithm of the factor told: two in three lie within 35 % of the truth."""
TOLD_IF_CLEAN = 1.2 / 255
"""A clean patch has no factor: what is told is drawn with this mean, as what an estimator reads in fine texture."""


def degraded(pictures: Pictures, count: int, side: int, seed: int, step: int) -> Batch:
    random = numpy.random.default_rng([seed, step, 1])
    pairs = [degraded_patch(pictures, side, random) for _ in range(count)]
    clean, noisy = (torch.from_numpy(numpy.stack(side)).permute(0, 3, 1, 2) for side in zip(*pairs, strict=True))
    return Batch(clean, noisy, tell(clean, noisy, random))


def tell(clean: torch.Tensor, noisy: torch.Tensor, random: numpy.random.Generator) -> torch.Tensor:
    truth = white_equivalent(noisy - clean)
    wrong = torch.from_numpy(numpy.exp(TOLD_DEVIATION * random.standard_normal(truth.shape))).float()
    if_clean = torch.from_numpy(random.exponential(TOLD_IF_CLEAN, truth.shape)).float()
    return torch.where(truth == 0, if_clean, truth * wrong)


def white_equivalent(noise: torch.Tensor) -> torch.Tensor:
    """[N, 1, 1, 1] of noise [N, C, H, W]: its deviation, or that of its mean over squares of 2, 4 or 8 pixels times their side,
    which for white noise are all the same; the largest of them."""
    deviations = []
    for side in SCALES:
        means = functional.avg_pool2d(noise, side)
        spread = means - means.mean((1, 2, 3), keepdim=True) if side > 1 else means
        deviations.append(side * spread.square().mean((1, 2, 3), keepdim=True).sqrt())
    return torch.stack(deviations).amax(0)


def degraded_patch(
    pictures: Pictures, side: int, random: numpy.random.Generator, kind: str | None = None
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Clean and noisy, float32 [side, side, 3] in [0, 1] (white noise that is not clipped goes beyond)."""
    pixels = draw_picture(pictures, random)
    scale = random.uniform(*RESIZED) if random.random() < RESIZED_SHARE else 1
    scale = max(scale, side / min(pixels.shape[:2]))
    clean = draw_clean(pixels, round(side / scale), random)
    if random.random() < GREY_SHARE:
        clean = as_bytes(numpy.repeat(clean.mean(2, keepdims=True) / 255, 3, 2))
    drawn = str(random.choice(list(KINDS), p=list(KINDS.values())))
    kind = kind or drawn
    is_grey = (clean[..., :1] == clean).all()
    noisy, clean = MAKE[kind](clean, random)
    if is_grey:
        noisy, clean = (numpy.repeat(image[..., 1:2], 3, 2) for image in (noisy, clean))
    if random.random() < JPEG_SHARES[kind]:
        noisy = jpeg(as_bytes(noisy), JPEG_QUALITIES[kind], random) / numpy.float32(255)
    elif kind != "white" or random.random() < 0.5:
        noisy = as_bytes(noisy) / numpy.float32(255)
    if scale != 1:
        filter = draw_filter(random)
        clean, small = (resized(as_bytes(image), side, filter) for image in (clean, noisy))
        if random.random() < SECOND_JPEG_SHARE and kind != "clean":
            small = jpeg(small, JPEG_QUALITIES["sensor"], random)
        noisy, clean = small / numpy.float32(255), clean / numpy.float32(255)
    return clean.astype(numpy.float32), noisy.astype(numpy.float32)


def draw_clean(pixels: numpy.ndarray, side: int, random: numpy.random.Generator) -> numpy.ndarray:
    """uint8 [side, side, 3], some of them soft."""
    if random.random() >= SOFT_SHARE:
        return draw_crop(pixels, side, random)
    crop = draw_crop(pixels, int(numpy.ceil(side / random.uniform(*SOFTER))), random)
    return resized(crop, side, draw_filter(random))


# Each: clean uint8 [H, W, 3] -> noisy float, black 0 and white 1, and the average of many such.
Noised = tuple[numpy.ndarray, numpy.ndarray]


def none(clean: numpy.ndarray, _: numpy.random.Generator) -> Noised:
    bright = clean / numpy.float32(255)
    return bright, bright


def white(clean: numpy.ndarray, random: numpy.random.Generator) -> Noised:
    """Gaussian, of every factor the slider offers, the weak ones more often."""
    factor = HIGHEST_NOISE_FACTOR * random.random() ** 2
    bright = clean / numpy.float32(255)
    return bright + factor * random.standard_normal(clean.shape, numpy.float32), bright


def poisson(clean: numpy.ndarray, random: numpy.random.Generator) -> Noised:
    """y = a Poisson(x / a) + N(0, b): few photons and an amplifier, without any processing, as in microscopes."""
    photons = log_uniform(15, 3000, random)
    reading = log_uniform(0.001, 0.04, random)
    bright = clean / numpy.float32(255)
    seen, other = (random.poisson(bright * photons) / photons for _ in range(2))
    average = bright + cut_off(other, reading, random) - other
    return seen + reading * random.standard_normal(clean.shape, numpy.float32), average


def sensor(clean: numpy.ndarray, random: numpy.random.Generator) -> Noised:
    camera, smear = draw_camera(random), draw_smoothing(random)
    light = seen_light(clean, camera)
    noise, other = (smear(sensor_noise(light, camera, random)) for _ in range(2))
    average = (developed(light + other, camera) + developed(light - other, camera)) / 2
    return developed(light + noise, camera), average


def grain(clean: numpy.ndarray, random: numpy.random.Generator) -> Noised:
    """Noise that was smeared and mixed between the colours, stronger in the shadows or in the lights: film, scans,
    and files that went through several hands."""
    factor = log_uniform(0.006, 0.12, random)
    noise = random.standard_normal(clean.shape, numpy.float32)
    common = COMMON_GRAIN * random.random()
    noise = (1 - common) * noise + common * noise.mean(2, keepdims=True) * numpy.sqrt(3)
    noise = smoothed(noise, random.uniform(0.3, 1.5))
    slope = random.uniform(-1, 1)
    bright = clean / numpy.float32(255)
    deviation = factor * (1 + slope * (bright.mean(2, keepdims=True) - 0.5))
    return bright + deviation / noise.std() * noise, cut_off(bright, deviation, random)


def cut_off(bright: numpy.ndarray, deviation: numpy.ndarray | float, random: numpy.random.Generator) -> numpy.ndarray:
    """The average of pictures with noise of this deviation, cut off at black and white: of two whose noise is opposite, so
    that only what the cut leaves remains."""
    noise = deviation * random.standard_normal(bright.shape, numpy.float32)
    return ((bright + noise).clip(0, 1) + (bright - noise).clip(0, 1)) / 2


MAKE = {"clean": none, "white": white, "poisson": poisson, "sensor": sensor, "grain": grain}


def draw_smoothing(random: numpy.random.Generator) -> Callable[[numpy.ndarray], numpy.ndarray]:
    """What a camera's own noise reduction leaves of the noise: less of the fine grain, of colour above all. Drawn so that the
    means over 8 x 8 pixels have about as much more of it than white noise would leave as in the files of cameras."""
    if random.random() < 0.2:
        return lambda noise: noise
    fine, colour = random.uniform(0.3, 1.3), random.uniform(0.5, 2)

    def smooth(noise: numpy.ndarray) -> numpy.ndarray:
        brightness = noise.mean(2, keepdims=True)
        return smoothed(brightness, fine) + smoothed(noise - brightness, colour)

    return smooth


def smoothed(image: numpy.ndarray, deviation: float) -> numpy.ndarray:
    """By a Gaussian of this many pixels, at most three to each side. The borders are mirrored."""
    reach = min(3, int(numpy.ceil(2.5 * deviation)))
    weights = numpy.exp(-0.5 * (numpy.arange(-reach, reach + 1) / deviation) ** 2).astype(numpy.float32)
    weights /= weights.sum()
    for axis in (0, 1):
        length = image.shape[axis]
        padded = numpy.pad(image, [(reach, reach) if a == axis else (0, 0) for a in range(3)], "reflect")
        image = sum(w * padded.take(range(i, i + length), axis) for i, w in enumerate(weights))
    return image


def jpeg(image: numpy.ndarray, qualities: tuple[int, int], random: numpy.random.Generator) -> numpy.ndarray:
    """uint8 -> uint8. Colour whole, at half width, or at half width and height."""
    stream = io.BytesIO()
    Image.fromarray(image).save(
        stream, "JPEG", quality=int(random.integers(*qualities, endpoint=True)), subsampling=int(random.integers(3))
    )
    stream.seek(0)
    return numpy.asarray(Image.open(stream).convert("RGB"))


def resized(image: numpy.ndarray, side: int, filter: Image.Resampling) -> numpy.ndarray:
    return numpy.asarray(Image.fromarray(image).resize((side, side), filter))


def draw_filter(random: numpy.random.Generator) -> Image.Resampling:
    return Image.Resampling(random.choice([Image.BILINEAR, Image.BICUBIC, Image.LANCZOS]))


def as_bytes(image: numpy.ndarray) -> numpy.ndarray:
    """What an 8 bit file keeps of an image in [0, 1]."""
    return (image.clip(0, 1) * 255 + 0.5).astype(numpy.uint8)


def log_uniform(low: float, high: float, random: numpy.random.Generator) -> float:
    return numpy.exp(random.uniform(numpy.log(low), numpy.log(high)))
