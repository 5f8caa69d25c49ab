"""Makes the sample pictures: `python make.py --pictures FOLDER --out ../../samples` (see the README)."""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

import noise
from catalogue import BOWL_OUTLINE, CC0, DANDELION, DIATOMS, DOGS, FIG, NUTHATCH, PEAKS, SAMPLES, WINE, Sample
from credits import write_credits, write_manifest
from files import Tags, save_jpeg, save_png, save_tiff16
from photograph import clean_picture, find, opacity
from scene import diatoms

# Of no real camera: see the credits.
CAMERA = ('Unspeckle', 'Sample camera')


class Maker:
    """Where the photographs are, and where the samples go."""

    def __init__(self, pictures: Path, out: Path) -> None:
        self.pictures = pictures
        self.noisy = out / 'noisy'
        self.clean = out / 'clean'
        self.noisy.mkdir(parents=True, exist_ok=True)
        self.clean.mkdir(parents=True, exist_ok=True)

    def dogs(self) -> None:
        """The clean file stands upright; the noisy one lies on its side and says so, as a camera's does."""
        adobe = find(self.pictures, 'compatibleWithAdobeRGB1998.icc')
        picture = self.photograph(DOGS, profiles=(find(self.pictures, 'sRGB.icc'), adobe))
        profile = adobe.read_bytes()
        upright = self.stored_clean_jpeg(DOGS, picture, tags(DOGS, profile=profile))
        noisy = with_gaussian(DOGS, upright)
        lying = np.ascontiguousarray(
            np.rot90(noisy)
        )  # a quarter turn to the left; orientation 6 turns it back
        about = tags(
            DOGS, profile=profile, camera=CAMERA, orientation=6, density=240, xmp=True, date=moment(DOGS)
        )
        save_jpeg(self.noisy / DOGS.file, to_bits(lying, 8), about)

    def dandelion(self) -> None:
        profile = find(self.pictures, 'sRGB.icc').read_bytes()
        about = tags(DANDELION, density=300, profile=profile)
        clean = (
            to_bits(self.photograph(DANDELION), 12) * 16.0
        )  # 12 bit, as a scanner gives; more would only cost space
        save_tiff16(self.clean / DANDELION.file, clean.astype(np.uint16), about)
        save_tiff16(self.noisy / DANDELION.file, to_bits(with_gaussian(DANDELION, clean / 65535), 16), about)

    def fig(self) -> None:
        alpha = opacity(BOWL_OUTLINE, FIG.box, FIG.size, feather=4)
        visible = (alpha > 0)[..., np.newaxis]
        clean = to_bits(self.photograph(FIG), 8) * visible
        noisy = to_bits(with_gaussian(FIG, clean / 255), 8) * visible  # nothing hides where nothing is seen
        save_png(self.clean / FIG.file, np.dstack([clean, alpha]), tags(FIG))
        save_png(self.noisy / FIG.file, np.dstack([noisy, alpha]), tags(FIG))

    def diatoms(self) -> None:
        clean = to_bits(diatoms(*DIATOMS.size), 8)
        save_png(self.clean / DIATOMS.file, clean, tags(DIATOMS))
        save_png(self.noisy / DIATOMS.file, to_bits(with_gaussian(DIATOMS, clean / 255), 8), tags(DIATOMS))

    def peaks(self) -> None:
        clean = self.stored_clean_jpeg(PEAKS, self.photograph(PEAKS), tags(PEAKS))
        noisy = with_gaussian(PEAKS, clean)
        save_jpeg(self.noisy / PEAKS.file, to_bits(noisy, 8), tags(PEAKS, camera=CAMERA, date=moment(PEAKS)))

    def wine(self) -> None:
        # Lamplight is poor in blue, so the white balance multiplies blue most.
        noisy = noise.camera(
            self.photograph(WINE), electrons=240, read=4, gains=(1.2, 1, 2.2), seed=WINE.noise.seed
        )
        save_jpeg(self.noisy / WINE.file, to_bits(noisy, 8), tags(WINE, camera=CAMERA, date=moment(WINE)))

    def nuthatch(self) -> None:
        clean = to_bits(self.photograph(NUTHATCH), 8)
        save_jpeg(self.noisy / NUTHATCH.file, clean, tags(NUTHATCH, camera=CAMERA, date=moment(NUTHATCH)))

    def photograph(self, sample: Sample, profiles: tuple[Path, Path] | None = None) -> np.ndarray:
        return clean_picture(find(self.pictures, sample.photograph), sample.box, sample.size, profiles)

    def stored_clean_jpeg(self, sample: Sample, picture: np.ndarray, about: Tags) -> np.ndarray:
        """Saves the clean original and reads it back: with noise added to that, it is the exact reference."""
        path = self.clean / sample.file
        save_jpeg(path, to_bits(picture, 8), about)
        with Image.open(path) as stored:
            return np.asarray(stored, dtype=np.float64) / 255


def with_gaussian(sample: Sample, clean: np.ndarray) -> np.ndarray:
    return noise.gaussian(clean, sample.noise.factor, sample.noise.seed)


def to_bits(picture: np.ndarray, bits: int) -> np.ndarray:
    """[0, 1] rounded to the nearest of 2^bits levels."""
    return np.rint(picture * (2**bits - 1)).astype(np.uint8 if bits <= 8 else np.uint16)


def tags(sample: Sample, **more) -> Tags:
    # CC0 gives the copyright up: naming the author is then only courtesy.
    sign = '' if sample.licence is CC0 else f'© {sample.year} '
    return Tags(
        title=sample.title,
        author=sample.author,
        rights=f'{sign}{sample.author}, {sample.licence.name}, {sample.licence.url}',
        licence_url=sample.licence.url,
        **more,
    )


def moment(sample: Sample) -> str:
    return f'{sample.year}:06:15 12:00:00'


def main() -> None:
    parser = argparse.ArgumentParser(
        description='Makes the sample pictures from photographs in Debian packages.'
    )
    parser.add_argument('--pictures', type=Path, required=True, help='folder with the unpacked packages')
    parser.add_argument(
        '--out', type=Path, required=True, help='folder to write noisy/, clean/ and the lists to'
    )
    arguments = parser.parse_args()

    maker = Maker(arguments.pictures, arguments.out)
    maker.dogs()
    maker.dandelion()
    maker.fig()
    maker.diatoms()
    maker.peaks()
    maker.wine()
    maker.nuthatch()
    write_credits(arguments.out, SAMPLES)
    write_manifest(arguments.out, SAMPLES)


if __name__ == '__main__':
    main()
