import type { BitDepth } from '../../contract/image.ts';
import type { Notice } from '../../contract/notice.ts';
import type { Raster } from '../../model/image.ts';
import type { DecodedPage } from './decode.ts';
import { decodeSamples } from './decode.ts';
import { bitsOf, toDepth } from './depth.ts';
import type { FormatWriter, WritePlan } from './encode.ts';
import { mapFromUnit, zeroNotFinite } from './float-range.ts';
import type { OpenedImage } from './open.ts';
import { inFileValues, isMultiplied, rangeNotice } from './page-values.ts';
import { outgoingMetadata, outgoingProfile, type OutgoingMetadata } from './outgoing-metadata.ts';
import { entryOf, tiffType, type TiffEntry } from './tiff-directory.ts';
import type { TiffPage } from './tiff-file.ts';
import { tiffTag } from './tiff-tags.ts';
import { descriptiveEntries } from './tiff-metadata.ts';
import { createTiffWriter, type TiffPageContent } from './tiff-writer.ts';

/** Writes every page of a picture into one TIFF. */
export function createStackWriter(image: OpenedImage, plan: WritePlan): FormatWriter {
  const littleEndian = image.header.metadata.exif?.tree.littleEndian ?? true;
  const writer = createTiffWriter(littleEndian);
  const notices: Notice[] = [];
  let [pages, size] = [0, { width: 0, height: 0, channels: 3 as 1 | 3 }];
  let ofFirst: OutgoingMetadata | null = null;
  return {
    add: async (page) => {
      const { width, height, channels } = page.raster;
      if (pages === 0) size = { width, height, channels };
      const { metadata: policy, ownMark } = plan.options;
      const thumbnail = () => Promise.resolve(null);
      const target = { format: 'tiff', width, height, channels, policy, ownMark, thumbnail } as const;
      ofFirst ??= await outgoingMetadata(image, target);
      const profile = outgoingProfile(image, target, page.page);
      notices.push(...profile.notices, ...rangeNotice(page, pageDepth(page, plan)));
      await writer.add(await pageContent(image, page, plan, { ...ofFirst, icc: profile.icc }));
      pages++;
    },
    finish: () => {
      notices.unshift(...(ofFirst?.notices ?? []));
      return Promise.resolve({ bytes: writer.finish(), ...size, pages, notices });
    },
  };
}

async function pageContent(
  image: OpenedImage,
  page: DecodedPage,
  plan: WritePlan,
  outgoing: OutgoingMetadata,
): Promise<TiffPageContent> {
  const source = image.header.tiff?.pages[page.page] ?? null;
  const all = plan.options.metadata === 'all';
  const bits = pageDepth(page, plan);
  const raster = await rasterToWrite(image, page, bits);
  const alpha = page.alpha && {
    raster: { ...page.alpha, samples: toDepth(page.alpha.samples, bits) },
    kind: alphaKind(image, page),
  };
  const main = source && all ? descriptiveEntries(source) : outgoing.tree.main.filter(isDescriptive);
  // EXIF, GPS and everything that describes the whole stands in the first page, as in the source.
  const first = page.page === 0;
  const { exif, gps, interop, littleEndian } = outgoing.tree;
  return {
    raster,
    alpha,
    exif: first
      ? { littleEndian, main, exif, gps, interop }
      : { littleEndian, main, exif: [], gps: [], interop: [] },
    entries: pageEntries(source, outgoing, first, all),
    inverted: (source?.float ?? false) && source!.inverted,
    compressed: source === null || source.compression !== 1,
  };
}

/** Of EXIF's first directory what is no statement about storage. */
function isDescriptive({ tag }: TiffEntry): boolean {
  return tag !== tiffTag.orientation && tag > tiffTag.photometric && ![513, 514, 529, 531, 532].includes(tag);
}

function pageEntries(
  source: TiffPage | null,
  outgoing: OutgoingMetadata,
  first: boolean,
  all: boolean,
): TiffEntry[] {
  const block = (tag: number, type: number, data: Buffer | null) =>
    data && data.length > 0 ? [entryOf(tag, type, data, outgoing.tree.littleEndian)] : [];
  const icc = block(tiffTag.icc, tiffType.undefined, outgoing.icc);
  if (!first) {
    // Later pages keep what is theirs; the mark and what describes the file stand in the first.
    const own = all ? [source?.entries.get(tiffTag.xmp), source?.entries.get(tiffTag.iptc)] : [];
    return [...icc, ...own.filter((entry) => entry !== undefined)];
  }
  const photoshop = outgoing.native.find(({ kind }) => kind === 'photoshop')?.data ?? null;
  return [
    ...icc,
    ...block(tiffTag.xmp, tiffType.byte, outgoing.xmp),
    ...block(tiffTag.iptc, tiffType.undefined, outgoing.iptc),
    ...block(tiffTag.photoshop, tiffType.byte, photoshop),
  ];
}

/** Pages of one file may differ in depth; each keeps its own unless a depth was asked for. */
function pageDepth({ raster }: DecodedPage, { options, bitDepth }: WritePlan): BitDepth {
  return options.bitDepth === 'same' ? bitsOf(raster.samples) : bitDepth;
}

/** The samples as they are written: at the depth wanted, in the values of their file where it has that depth. */
async function rasterToWrite(image: OpenedImage, page: DecodedPage, bits: BitDepth): Promise<Raster> {
  const { raster, range } = page;
  if (bits !== 32 || !range || !(raster.samples instanceof Float32Array)) {
    const { samples } = inFileValues(page, bits);
    return { ...raster, samples: toDepth(samples, bits) };
  }
  const { tiff } = image.header;
  const original = await decodeSamples(tiff!, tiff!.pages[page.page]!, image.salvage);
  const samples = original.raster.samples as Float32Array;
  if ((await image.floatRange()).notFinite > 0) zeroNotFinite(samples);
  return { ...raster, samples: mapFromUnit(raster, samples, range) };
}

function alphaKind(image: OpenedImage, page: DecodedPage): 'unspecified' | 'associated' | 'plain' {
  if (isMultiplied(image, page)) return 'associated';
  const extra = image.header.tiff?.pages[page.page]?.extra;
  return extra === 'unspecified' ? 'unspecified' : 'plain';
}
