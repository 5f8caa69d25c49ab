"""Writing the files, with what photographers' files carry: credit, camera, date, colour profile, density."""

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import tifffile
from PIL import Image, TiffImagePlugin

JPEG_QUALITY = 95  # and no colour subsampling: the noise must survive being saved


@dataclass(frozen=True)
class Tags:
    """What goes into a file besides its pixels."""

    title: str
    author: str
    rights: str
    licence_url: str
    date: str | None = None
    camera: tuple[str, str] | None = None  # make, model
    orientation: int | None = None
    density: int | None = None  # dots per inch
    profile: bytes | None = None
    xmp: bool = False


def save_jpeg(path: Path, pixels: np.ndarray, tags: Tags) -> None:
    """8-bit JPEG of uint8 [height, width, 3]."""
    extra = {'icc_profile': tags.profile} if tags.profile else {}
    if tags.density:
        extra['dpi'] = (tags.density, tags.density)
    if tags.xmp:
        extra['xmp'] = xmp_packet(tags)
    Image.fromarray(pixels).save(
        path, quality=JPEG_QUALITY, subsampling=0, optimize=True, exif=exif(tags), **extra
    )


def save_png(path: Path, pixels: np.ndarray, tags: Tags) -> None:
    """8-bit PNG of uint8 [height, width] or [height, width, 4]."""
    extra = {'dpi': (tags.density, tags.density)} if tags.density else {}
    Image.fromarray(pixels).save(path, optimize=True, exif=exif(tags), **extra)


def save_tiff16(path: Path, pixels: np.ndarray, tags: Tags) -> None:
    """16-bit TIFF of uint16 [height, width, 3] (Pillow has no 16-bit colour)."""
    tifffile.imwrite(
        path,
        pixels,
        photometric='rgb',
        compression='zlib',
        compressionargs={'level': 9},
        predictor=True,
        rowsperstrip=pixels.shape[0],
        resolution=(tags.density, tags.density),
        resolutionunit='INCH',
        iccprofile=tags.profile,
        description=ascii_only(tags.title),
        software=False,
        metadata=None,
        extratags=[
            (315, 's', 0, ascii_only(tags.author), True),
            (33432, 's', 0, ascii_only(tags.rights), True),
        ],
    )


def exif(tags: Tags) -> Image.Exif:
    block = Image.Exif()
    block[0x010E] = ascii_only(tags.title)
    block[0x013B] = ascii_only(tags.author)
    block[0x8298] = ascii_only(tags.rights)
    if tags.orientation is not None:
        block[0x0112] = tags.orientation
    if tags.camera:
        block[0x010F], block[0x0110] = tags.camera
    details = block.get_ifd(0x8769)
    details[0xA001] = 0xFFFF if tags.profile else 1  # colour space: sRGB, or what the profile says
    if tags.date:
        block[0x0132] = tags.date
        details[0x9003] = details[0x9004] = tags.date
    if tags.camera:
        details[0x829A] = TiffImagePlugin.IFDRational(1, 60)  # exposure time, s
        details[0x829D] = TiffImagePlugin.IFDRational(28, 10)  # aperture
        details[0x8827] = 3200  # sensitivity, ISO
        details[0x920A] = TiffImagePlugin.IFDRational(50, 1)  # focal length, mm
    return block


def ascii_only(text: str) -> str:
    """Text in EXIF and TIFF is ASCII by their standards."""
    return text.replace('©', '(c)').encode('ascii').decode()


def xmp_packet(tags: Tags) -> bytes:
    packet = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/">
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(tags.title)}</rdf:li></rdf:Alt></dc:title>
   <dc:creator><rdf:Seq><rdf:li>{escape(tags.author)}</rdf:li></rdf:Seq></dc:creator>
   <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{escape(tags.rights)}</rdf:li></rdf:Alt></dc:rights>
   <xmpRights:WebStatement>{escape(tags.licence_url)}</xmpRights:WebStatement>
   <xmpRights:Marked>True</xmpRights:Marked>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
    return packet.encode()
