"""A microscope field drawn by formula: diatoms, the glass algae that microscopists arrange and photograph.

Their shells are fine regular lattices at the edge of what a lens resolves: the structure that a denoiser must
keep, and that noise hides first. Every shell multiplies the light that comes through, as glass does.
"""

import numpy as np
from PIL import Image

DUST = [((868, 330), 9), ((392, 430), 6), ((705, 290), 5), ((40, 60), 11), ((455, 70), 7), ((690, 560), 8)]


def diatoms(width: int, height: int) -> np.ndarray:
    """The field of view, float64 [height, width] in [0, 1], without any noise."""
    oversampling = 3
    scale = oversampling * width / 900
    y, x = np.mgrid[0 : height * oversampling, 0 : width * oversampling] / scale
    light = 0.78 - 0.16 * (((x - 420) / 700) ** 2 + ((y - 300) / 560) ** 2)

    light *= wheel(x, y, centre=(250, 235), radius=172, pitch=17)
    light *= wheel(x, y, centre=(762, 462), radius=92, pitch=12)
    light *= wheel(x, y, centre=(500, 520), radius=44, pitch=9)
    light *= triangle(x, y, centre=(560, 165), radius=112, angle=0.35, pitch=14)
    light *= boat(x, y, centre=(262, 522), length=215, breadth=44, angle=-0.16, pitch=9.5)
    light *= boat(x, y, centre=(792, 180), length=150, breadth=30, angle=1.12, pitch=7)
    light *= boat(x, y, centre=(612, 372), length=120, breadth=20, angle=-0.52, pitch=6)
    light *= needle(x, y, centre=(455, 345), length=150, angle=0.85)
    light *= needle(x, y, centre=(95, 455), length=88, angle=-0.95)
    for centre, radius in DUST:
        light *= speck(x, y, centre, radius)

    return shrink(np.clip(light, 0, 1), width, height)


def wheel(x, y, centre, radius, pitch):
    """A centric diatom: a round lid pierced by rows of pores."""
    dx, dy = x - centre[0], y - centre[1]
    distance = np.hypot(dx, dy)
    inside = radius - distance
    pores = lattice(dx, dy, pitch)
    heart = 0.5 + 0.5 * np.tanh((distance - pitch * 1.2) / 3)  # the middle of the lid is closed
    spokes = 0.04 * np.cos(np.arctan2(dy, dx) * 24) * np.clip((distance / radius - 0.8) / 0.2, 0, 1)
    return shell(inside, 0.86 + 0.2 * pores * heart + spokes)


def triangle(x, y, centre, radius, angle, pitch):
    """A three-cornered diatom with bulging sides."""
    u, v = turned(x, y, centre, angle)
    inside = radius * 0.62 - smallest_side(u, v)
    corners = np.ones_like(u)
    for k in range(3):
        a = np.pi / 2 + k * 2 * np.pi / 3
        corners -= 0.22 * np.exp(
            -((u - radius * 0.78 * np.cos(a)) ** 2 + (v - radius * 0.78 * np.sin(a)) ** 2) / 190
        )
    return shell(inside, (0.85 + 0.21 * lattice(u, v, pitch)) * corners)


def smallest_side(u, v):
    """How far a point lies outwards of the nearest side of a triangle, sides and corners rounded."""
    sides = [u * np.cos(a) + v * np.sin(a) for a in (-np.pi / 2, np.pi / 6, 5 * np.pi / 6)]
    return 14 * np.log(sum(np.exp(side / 14) for side in sides))


def boat(x, y, centre, length, breadth, angle, pitch):
    """A pennate diatom: a boat with cross ribs, a slit along the keel and a knot in the middle."""
    u, v = turned(x, y, centre, angle)
    along = np.clip(u / length, -1, 1)
    half = breadth * (1 - along**2) ** 0.72
    inside = np.minimum(half - np.abs(v), length - np.abs(u))
    ribs = np.cos(2 * np.pi * u * (1 + 0.06 * np.abs(v) / breadth) / pitch)  # they fan out towards the wall
    clear_of_keel = 0.5 + 0.5 * np.tanh((np.abs(v) - 0.16 * breadth) / 1.6)
    slit = 0.3 * np.exp(-((v / 1.5) ** 2)) * (0.5 + 0.5 * np.tanh((np.abs(u) - 0.09 * length) / 3))
    knot = 0.12 * np.exp(-2 * (u**2 + v**2) / (0.11 * length) ** 2)
    return shell(inside, 0.87 + 0.13 * ribs * clear_of_keel - slit + knot)


def needle(x, y, centre, length, angle):
    """A rod, bright along its middle as a glass rod is."""
    u, v = turned(x, y, centre, angle)
    inside = np.minimum(6.5 - np.abs(v), length - np.abs(u))
    return shell(inside, 0.82 + 0.2 * np.exp(-((v / 2.2) ** 2)))


def speck(x, y, centre, radius):
    """Dust out of focus."""
    distance = np.hypot(x - centre[0], y - centre[1])
    return 1 - 0.4 / (1 + np.exp((distance - radius) / 2.2))


def shell(inside, glass):
    """Light let through by a body: its `glass`, a dark wall, and the fringe that diffraction puts round it.

    `inside` is the distance from the outline, positive within.
    """
    cover = 0.5 + 0.5 * np.tanh(inside / 0.9)
    wall = 0.42 * np.exp(-(((inside - 3) / 2.6) ** 2))
    outside = np.maximum(-inside, 0)
    fringe = 0.22 * np.exp(-outside / 6) * np.sin(np.minimum(outside, 40) / 1.9)
    return cover * (glass - wall) + (1 - cover) * (1 + fringe)


def lattice(u, v, pitch):
    """Pores in a honeycomb, about -0.5 between them and 1 in their middle: three waves that cross."""
    k = 4 * np.pi / (np.sqrt(3) * pitch)
    waves = [np.cos(k * (u * np.cos(a) + v * np.sin(a))) for a in (0.1, 0.1 + np.pi / 3, 0.1 + 2 * np.pi / 3)]
    return sum(waves) / 3


def turned(x, y, centre, angle):
    dx, dy = x - centre[0], y - centre[1]
    return dx * np.cos(angle) + dy * np.sin(angle), -dx * np.sin(angle) + dy * np.cos(angle)


def shrink(light, width, height):
    """The lens's own blur, and the mean over each pixel's square."""
    picture = Image.fromarray(light.astype(np.float32), mode='F')
    return np.asarray(picture.resize((width, height), Image.Resampling.HAMMING), dtype=np.float64)
