"""What each sample is: whose photograph, under which licence, which part of it, which noise."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Licence:
    name: str
    url: str


CC0 = Licence('CC0 1.0', 'https://creativecommons.org/publicdomain/zero/1.0/')
CC_BY_4 = Licence('CC BY 4.0', 'https://creativecommons.org/licenses/by/4.0/')
CC_BY_SA_3 = Licence('CC BY-SA 3.0', 'https://creativecommons.org/licenses/by-sa/3.0/')


@dataclass(frozen=True)
class Noise:
    kind: str  # 'gaussian', 'poisson-gaussian' or 'none'
    factor: float | None  # the noise factor, where one number says it
    seed: int | None


@dataclass(frozen=True)
class Sample:
    file: str  # under noisy/, and clean/ where a clean original is shipped
    title: str
    author: str
    year: int | None  # of the photograph, as its copyright notice gives it
    licence: Licence
    source: str  # in words, for the credits
    size: tuple[int, int]  # width, height, upright
    noise: Noise
    shows: str
    changes: str
    photograph: str | None = None  # file name in the package
    box: tuple[int, int, int, int] | None = None  # the part taken: left, top, right, bottom
    has_clean: bool = True


LOMIRI_16 = 'Debian package lomiri-wallpapers-16.04 (20.04.0-2)'
LOMIRI_20 = 'Debian package lomiri-wallpapers-20.04 (20.04.0-2)'

DOGS = Sample(
    file='dogs.jpg',
    title='Friends',
    author='Aitzol Berasategi',
    year=2018,
    licence=CC_BY_4,
    source=LOMIRI_16,
    photograph='friends_by_Aitzol_Berasategi.jpg',
    box=(168, 309, 1798, 2754),
    size=(640, 960),
    noise=Noise('gaussian', 0.06, 101),
    shows='a portrait stored lying on its side (EXIF orientation 6), Adobe RGB colours, EXIF and XMP',
    changes='cropped, colours converted to an Adobe RGB compatible profile, made smaller',
)
DANDELION = Sample(
    file='dandelion.tif',
    title='Seeding',
    author='Clemens Engelhardt',
    year=2018,
    licence=CC0,
    source=LOMIRI_16,
    photograph='seeding_by_Clements_Engelhardt.jpg',
    box=(531, 0, 4875, 2896),
    size=(450, 300),
    noise=Noise('gaussian', 0.03, 102),
    shows='16 bit a channel, 300 dots per inch, sRGB profile',
    changes='cropped, made smaller in floating point, stored with 16 bit',
)
FIG = Sample(
    file='fig.png',
    title='Picture 0B',
    author='Trevor "Freespace"',
    year=2018,
    licence=CC_BY_4,
    source=LOMIRI_16,
    photograph='Picture_0B_by_freespace.jpg',
    box=(500, 150, 2620, 1800),
    size=(578, 450),
    noise=Noise('gaussian', 0.08, 103),
    shows='a cut-out: alpha with a soft edge',
    changes='cut out from its background, cropped, made smaller',
)
DIATOMS = Sample(
    file='diatoms.png',
    title='Diatoms',
    author='the contributors of Unspeckle',
    year=None,
    licence=CC0,
    source='drawn by a formula, tools/samples/scene.py',
    size=(720, 480),
    noise=Noise('gaussian', 0.12, 104),
    shows='one grey channel, strong noise over fine lattices',
    changes='nothing',
)
PEAKS = Sample(
    file='peaks.jpg',
    title='Picos de Europa',
    author='Aitzol Berasategi',
    year=2018,
    licence=CC_BY_4,
    source=LOMIRI_16,
    photograph='picosdeeuropa_by_Aitzol_Berasategi.jpg',
    box=(0, 140, 3264, 2316),
    size=(900, 600),
    noise=Noise('gaussian', 0.1, 105),
    shows='an ordinary sRGB photograph with strong noise',
    changes='cropped, made smaller',
)
WINE = Sample(
    file='wine.jpg',
    title='Wine',
    author='Jakub Mede',
    year=2018,
    licence=CC_BY_4,
    source=LOMIRI_16,
    photograph='Wine_by_Jakkub_Mede.jpg',
    box=(0, 0, 2558, 3837),
    size=(600, 900),
    noise=Noise('poisson-gaussian', None, 106),
    shows='noise as a sensor makes it, strongest in the shadows and in blue; no clean original',
    changes='made smaller',
    has_clean=False,
)
NUTHATCH = Sample(
    file='nuthatch.jpg',
    title='Kleiber',
    author='Lukas Baubkus',
    year=2021,
    licence=CC_BY_SA_3,
    source=LOMIRI_20,
    photograph='Kleiber_by_Lukas_Baubkus.jpg',
    box=(1397, 329, 5507, 3069),
    size=(900, 600),
    noise=Noise('none', 0, None),
    shows='a picture that is clean already',
    changes='cropped, made smaller',
    has_clean=False,
)

SAMPLES = (DOGS, DANDELION, FIG, DIATOMS, PEAKS, WINE, NUTHATCH)

# The bowl's rim in the photograph, traced just inside its edge.
BOWL_OUTLINE = [
    (1763, 1728), (1682, 1726), (1608, 1716), (1473, 1686), (1414, 1668), (1323, 1632), (1256, 1600),
    (1157, 1544), (1085, 1496), (976, 1410), (889, 1330), (824, 1263), (762, 1194), (698, 1113),
    (644, 1035), (610, 973), (586, 923), (576, 892), (572, 872), (574, 857), (598, 816),
    (624, 781), (718, 671), (799, 590), (856, 542), (970, 456), (1092, 378), (1156, 344),
    (1228, 312), (1321, 276), (1415, 250), (1547, 228), (1660, 220), (1766, 222), (1812, 224),
    (1919, 242), (1964, 252), (2068, 286), (2146, 320), (2238, 370), (2289, 404), (2358, 460),
    (2418, 525), (2464, 595), (2496, 664), (2516, 729), (2528, 790), (2538, 842), (2546, 904),
    (2550, 960), (2550, 998), (2544, 1067), (2520, 1168), (2498, 1228), (2462, 1299), (2432, 1350),
    (2398, 1401), (2338, 1474), (2289, 1522), (2257, 1548), (2209, 1584), (2140, 1626), (2050, 1668),
    (2015, 1680), (1942, 1702), (1860, 1718),
]  # fmt: skip
