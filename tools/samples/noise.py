"""Noise, as it gets into files. Pictures are float64 arrays with values in [0, 1] in the file's own encoding.

`RandomState` and not `default_rng`: numpy promises that its numbers for a seed never change again.
"""

import numpy as np


def gaussian(clean: np.ndarray, factor: float, seed: int) -> np.ndarray:
    """White Gaussian noise with standard deviation `factor`, clipped to [0, 1] as any file clips it."""
    random = np.random.RandomState(seed)
    return np.clip(clean + factor * random.standard_normal(clean.shape), 0, 1)


def camera(
    clean: np.ndarray, electrons: float, read: float, gains: tuple[float, float, float], seed: int
) -> np.ndarray:
    """Poisson-Gaussian noise of a sensor at high sensitivity, for an sRGB picture.

    White is `electrons` electrons; counting them is a Poisson process, reading them out adds a Gaussian
    error of `read` electrons. The white balance then multiplies red, green and blue by `gains`, their noise
    with it. All this happens in linear light; the sRGB curve afterwards makes the shadows the noisiest part.
    """
    random = np.random.RandomState(seed)
    per_channel = electrons / np.asarray(gains)
    counted = random.poisson(to_linear(clean) * per_channel) + read * random.standard_normal(clean.shape)
    return to_srgb(np.clip(counted / per_channel, 0, 1))


def to_linear(encoded: np.ndarray) -> np.ndarray:
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: np.ndarray) -> np.ndarray:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)
