"""The two lists beside the samples: manifest.json for programs, CREDITS.md for people."""

import json
from pathlib import Path

from catalogue import Sample

INTRODUCTION = """# Where the sample pictures come from

The photographs were published by the people named here under free licences; thank you. They come from
packages of Debian GNU/Linux, whose copyright files name author and licence picture by picture. Each was
changed: cropped and made smaller as said below (which also averages its own noise away), and then noise was
added unless it says none. The licence of the original holds for every file made from it, the noisy one, the
clean one and whatever you make of them: the CC BY pictures ask for the author's name, the CC BY-SA picture
also for the same licence on what is made from it. The licence of Unspeckle's own code does not extend to
these pictures.

`noisy/` holds what there is to clean, `clean/` the same picture without the added noise, under the same
name. The clean one is the exact starting point: its pixels, as stored, plus noise gave the noisy file.
"Noise factor" is the standard deviation of the added noise on a scale where black is 0 and white is 1. What
is measured in a file differs a little: values beyond black and white are clipped, which takes some noise
away, and JPEG's rounding adds some. The noise is Gaussian unless something else is said, independent for
every pixel and channel, and made by numpy's `RandomState` with the seed given. `tools/samples/` makes every
file again from the packages.

The camera, exposure, date and time in the EXIF data are made up (only the year is known), so that there is
something for a program to keep; title, author and licence in them are true.
"""

COLOUR_PROFILES = """## Colour profiles

`dogs.jpg` carries `compatibleWithAdobeRGB1998.icc` ("Public Domain. No Warranty, Use at own risk.") and
`dandelion.tif` carries `sRGB.icc` ("no copyright, use freely"), both from the Debian package
icc-profiles-free (2.0.1+dfsg-1.1), collected by Kai-Uwe Behrmann under the zlib licence.
"""


def write_credits(folder: Path, samples: tuple[Sample, ...]) -> None:
    parts = [INTRODUCTION, *(credit(sample) for sample in samples), COLOUR_PROFILES]
    (folder / 'CREDITS.md').write_text('\n'.join(parts), encoding='utf-8')


def credit(sample: Sample) -> str:
    width, height = sample.size
    origin = sample.source if sample.photograph is None else f'`{sample.photograph}`, {sample.source}'
    year = f', {sample.year}' if sample.year else ''
    lines = [
        f'## {sample.file}\n',
        f'- Title and author: "{sample.title}" by {sample.author}{year}',
        f'- Licence: [{sample.licence.name}]({sample.licence.url})',
        f'- From: {origin}',
        f'- Changed: {sample.changes}',
        f'- Size: {width} x {height} pixels',
        f'- Noise: {noise_in_words(sample)}',
        f'- Shows: {sample.shows}',
    ]
    return '\n'.join(lines) + '\n'


def noise_in_words(sample: Sample) -> str:
    noise = sample.noise
    if noise.kind == 'none':
        return 'none added'
    if noise.kind == 'gaussian':
        return f'noise factor {noise.factor}, seed {noise.seed}'
    return f'Poisson-Gaussian (a sensor in linear light, see `make.py`), seed {noise.seed}'


def write_manifest(folder: Path, samples: tuple[Sample, ...]) -> None:
    entries = [
        {
            'file': f'noisy/{sample.file}',
            'clean': f'clean/{sample.file}' if sample.has_clean else None,
            'noise': sample.noise.kind,
            'noiseFactor': sample.noise.factor,
            'seed': sample.noise.seed,
            'title': sample.title,
            'author': sample.author,
            'licence': sample.licence.name,
            'licenceUrl': sample.licence.url,
            'source': sample.source,
            'shows': sample.shows,
        }
        for sample in samples
    ]
    (folder / 'manifest.json').write_text(
        json.dumps(entries, indent=2, ensure_ascii=False) + '\n', encoding='utf-8'
    )
