import type { CleanSettings } from '../../contract/clean.ts';
import { formatName, type ImageFormat } from '../../contract/image.ts';
import type { Notice } from '../../contract/notice.ts';
import type { NoticeCode } from '../../contract/texts/en.ts';
import { listed, phrase, sayPhrase } from '../../contract/texts/fill-in.ts';
import {
  copyrightTree,
  exifTag,
  isEmptyTree,
  patchExif,
  uprightTree,
  writeExif,
  type ExifTree,
} from './exif.ts';
import { jpegExifLimit, jpegIccLimit, jpegXmpLimit } from './jpeg.ts';
import { copyrightIptc, iptcOf, resourceBlock, withoutPreviews } from './photoshop.ts';
import {
  iccSpace,
  type CodedColour,
  type Density,
  type NativePiece,
  type PictureMetadata,
} from './picture-metadata.ts';
import { pngColourChunks, saysOtherColour } from './png.ts';
import { entryOf, tiffType, type TiffEntry } from './tiff-directory.ts';
import type { OpenedImage } from './open.ts';
import { densityOf, profileOf, tagsOfTiffAlone } from './tiff-metadata.ts';
import { copyrightXmp, uprightXmp, withOwnMark, xmpText } from './xmp.ts';

/** The file that is being written, as far as its metadata depends on it. */
export interface Target {
  readonly format: ImageFormat;
  /** Upright size. */
  readonly width: number;
  readonly height: number;
  /** Colour channels as the format stores them. */
  readonly channels: 1 | 3;
  readonly policy: CleanSettings['metadata'];
  readonly ownMark: string;
  /** A JPEG preview of the result of at most so many bytes; null when none can be that small. */
  thumbnail(mostBytes: number): Promise<Buffer | null>;
}

/** What is written around the pixels, and what could not be. */
export interface OutgoingMetadata {
  /** EXIF for formats that hold it as a block. */
  readonly exif: Buffer | null;
  /** EXIF for TIFF, whose directories hold it. */
  readonly tree: ExifTree;
  readonly xmp: Buffer | null;
  readonly xmpExtended: readonly Buffer[];
  readonly icc: Buffer | null;
  readonly coded: CodedColour | null;
  readonly iptc: Buffer | null;
  readonly density: Density | null;
  readonly native: readonly NativePiece[];
  readonly notices: readonly Notice[];
}

export async function outgoingMetadata(image: OpenedImage, target: Target): Promise<OutgoingMetadata> {
  const { metadata } = image.header;
  const notices: Notice[] = [];
  const lose = (code: NoticeCode) => notices.push({ code, details: { format: formatName[target.format] } });
  // The same is said once.
  const said = [...metadata.problems, ...(metadata.exif?.problems ?? [])];
  const problems = new Map(said.map((problem) => [sayPhrase(problem), problem]));
  if (target.policy !== 'none' && problems.size > 0) {
    const reason = listed([...problems.values()].slice(0, 3));
    notices.push({ code: 'metadata-broken', details: { reason } });
  }
  const all = target.policy === 'all';
  const { tiff } = image.header;
  const tags = all && tiff && target.format !== 'tiff' ? tagsOfTiffAlone(tiff.pages[0]!) : 0;
  if (tags > 0) {
    notices.push({ code: 'tags-lost', details: { count: tags, format: formatName[target.format] } });
  }
  const tree = treeFor(metadata, target);
  return {
    tree,
    exif: target.format === 'tiff' ? null : await exifBlock(metadata, tree, target, lose),
    xmp: outgoingXmp(metadata, target, notices, lose),
    xmpExtended: all ? extendedXmp(metadata, target, lose) : [],
    icc: outgoingIcc(image, target, 0, lose),
    coded: outgoingCoded(metadata, target, lose),
    iptc: outgoingIptc(metadata, target, lose),
    // Says nothing about anybody: it stays beside the copyright too.
    density: target.policy === 'none' ? null : densityFor(metadata, target),
    native: nativeFor(image, target, lose),
    notices,
  };
}

function treeFor(metadata: PictureMetadata, target: Target): ExifTree {
  if (target.policy === 'none') return emptyTree;
  const { exif } = metadata;
  const keep = target.policy === 'copyright' ? copyrightTree : (tree: ExifTree) => uprightTree(tree, target);
  const tree = exif ? keep(exif.tree) : emptyTree;
  const density = target.policy === 'copyright' ? densityFor(metadata, target) : metadata.density;
  const known = tree.main.some(({ tag }) => tag === exifTag.xResolution);
  // JPEG and PNG have a place of their own for it.
  const ownPlace = target.format === 'jpeg' || target.format === 'png';
  if (!density || known || ownPlace) return tree;
  return { ...tree, main: [...tree.main, ...densityEntries(density, tree.littleEndian)] };
}

const emptyTree: ExifTree = { littleEndian: true, main: [], exif: [], gps: [], interop: [] };

function densityEntries({ x, y, unit }: Density, littleEndian: boolean): TiffEntry[] {
  const rational = (value: number) => (Number.isInteger(value) ? [value, 1] : [Math.round(value * 1e4), 1e4]);
  return [
    entryOf(exifTag.xResolution, tiffType.rational, rational(x), littleEndian),
    entryOf(exifTag.yResolution, tiffType.rational, rational(y), littleEndian),
    entryOf(exifTag.resolutionUnit, tiffType.short, [unit === 'inch' ? 2 : 3], littleEndian),
  ];
}

function densityFor({ density, exif }: PictureMetadata, target: Target): Density | null {
  if (density || !exif) return density;
  return densityOf(new Map(uprightTree(exif.tree, target).main.map((entry) => [entry.tag, entry])));
}

type Lose = (code: NoticeCode) => void;

async function exifBlock(
  { exif }: PictureMetadata,
  tree: ExifTree,
  target: Target,
  lose: Lose,
): Promise<Buffer | null> {
  if (isEmptyTree(tree)) return null;
  const limit = target.format === 'jpeg' ? jpegExifLimit : Infinity;
  // A sound block stays as it is but for what turning changed; only a changed set of tags is written anew.
  const sameTags = exif !== null && tree.main.length === exif.tree.main.length;
  const sound = exif !== null && exif.bytes.length > 0 && exif.problems.length === 0;
  if (target.policy === 'all' && sound && sameTags && exif.bytes.length <= limit) {
    const thumbnail = exif.thumbnail ? await target.thumbnail(exif.thumbnail.length) : null;
    return patchExif(exif, { ...target, thumbnail });
  }
  const block = writeExif(tree);
  if (block.length <= limit) return block;
  lose('exif-shortened');
  return writeExif(shortened(tree, limit));
}

/** The tree without its largest values, as many as have to go. */
function shortened(tree: ExifTree, limit: number): ExifTree {
  const entries = [...tree.main, ...tree.exif, ...tree.gps, ...tree.interop];
  const bySize = entries.sort((a, b) => b.data.length - a.data.length);
  let excess = writeExif(tree).length - limit;
  const dropped = new Set<TiffEntry>();
  for (const entry of bySize) {
    if (excess <= 0) break;
    dropped.add(entry);
    excess -= entry.data.length;
  }
  const kept = (list: readonly TiffEntry[]) => list.filter((entry) => !dropped.has(entry));
  const { littleEndian, main, exif, gps, interop } = tree;
  return { littleEndian, main: kept(main), exif: kept(exif), gps: kept(gps), interop: kept(interop) };
}

function outgoingXmp(
  metadata: PictureMetadata,
  target: Target,
  notices: Notice[],
  lose: Lose,
): Buffer | null {
  if (target.policy === 'none') return null;
  const packet = metadata.xmp && xmpText(metadata.xmp);
  if (metadata.xmp && packet === null) {
    notices.push({ code: 'metadata-broken', details: { reason: phrase('damage-xmp') } });
  }
  const kept = packet && (target.policy === 'all' ? packet : copyrightXmp(packet));
  // Where EXIF said how to turn the picture, it has been turned; else nobody has believed XMP either.
  const turned = kept && metadata.exif ? uprightXmp(kept) : kept;
  const xmp = Buffer.from(withOwnMark(turned, target.ownMark));
  if (target.format !== 'jpeg' || xmp.length <= jpegXmpLimit) return xmp;
  const trimmed = Buffer.from(withOwnMark(withoutPadding(turned!), target.ownMark));
  if (trimmed.length <= jpegXmpLimit) return trimmed;
  lose('xmp-lost');
  return Buffer.from(withOwnMark(null, target.ownMark));
}

/** Packets carry white space for editors that write in place. */
function withoutPadding(packet: string): string {
  const end = packet.lastIndexOf('<?xpacket end');
  return end < 0 ? packet.trimEnd() : packet.slice(0, end).trimEnd() + packet.slice(end);
}

function extendedXmp({ xmpExtended }: PictureMetadata, target: Target, lose: Lose): readonly Buffer[] {
  if (target.format === 'jpeg') return xmpExtended;
  if (xmpExtended.length > 0) lose('xmp-extended-lost');
  return [];
}

/** The colour profile of a page, from 0, which may have its own; and what is to be said when it cannot be kept. */
export function outgoingProfile(
  image: OpenedImage,
  target: Target,
  page: number,
): Pick<OutgoingMetadata, 'icc' | 'notices'> {
  const notices: Notice[] = [];
  const lose: Lose = (code) => notices.push({ code, details: { format: formatName[target.format] } });
  return { icc: outgoingIcc(image, target, page, lose), notices };
}

function outgoingIcc({ header }: OpenedImage, target: Target, page: number, lose: Lose): Buffer | null {
  const { metadata, pages, tiff } = header;
  const icc = tiff ? profileOf(tiff.pages[page]!) : metadata.icc;
  // What was converted is sRGB now, whatever the profile said.
  if (!icc || pages[page]!.converted !== null) return null;
  const space = iccSpace(icc);
  const fits = space === (target.channels === 1 ? 'GRAY' : 'RGB ');
  // Grey with a profile of RGB is common, and harmless where readers do not look closely.
  const tolerated = space === 'RGB ' && (target.format === 'jpeg' || target.format === 'tiff');
  const holds = target.format !== 'jpeg' || icc.length <= jpegIccLimit;
  if (holds && (fits || tolerated)) return icc;
  lose('icc-lost');
  return null;
}

function outgoingCoded(
  { coded, icc, native }: PictureMetadata,
  target: Target,
  lose: Lose,
): CodedColour | null {
  if (!coded && !icc && target.format !== 'png' && saysOtherColour(native)) lose('icc-lost');
  if (!coded || target.format === 'avif' || target.format === 'png') return coded;
  if (!icc) lose('icc-lost');
  return null;
}

function outgoingIptc({ iptc }: PictureMetadata, target: Target, lose: Lose): Buffer | null {
  if (!iptc || target.policy === 'none') return null;
  const kept = target.policy === 'all' ? iptc : copyrightIptc(iptc);
  if (!kept) return null;
  if (target.format === 'jpeg' || target.format === 'tiff') return kept;
  lose('iptc-lost');
  return null;
}

function nativeFor({ header }: OpenedImage, target: Target, lose: Lose): NativePiece[] {
  const { native, iptc } = header.metadata;
  const same = header.format === target.format;
  const converted = header.pages.some((page) => page.converted !== null);
  if (target.policy !== 'all') {
    return same ? native.filter((piece) => isAllowed(piece, target.policy)) : [];
  }
  const photoshop = target.format === 'jpeg' || target.format === 'tiff';
  const kept = native.filter(({ kind }) => (kind === 'photoshop' ? photoshop : same && !converted));
  if (!same && native.some(({ kind }) => textKinds.has(kind))) lose('text-lost');
  return kept.map((piece) => (piece.kind === 'photoshop' ? resources(piece, iptc) : piece));
}

/** Comments of JPEG, texts of PNG. */
const textKinds: ReadonlySet<string> = new Set(['fe', 'tEXt', 'zTXt', 'iTXt']);

/** What says how pixels look stays always; who made them, when that is asked for. */
function isAllowed({ kind, data }: NativePiece, policy: Target['policy']): boolean {
  if (pngColourChunks.has(kind)) return true;
  const keyword = data.toString('latin1', 0, Math.max(0, data.indexOf(0)));
  return policy === 'copyright' && kind.endsWith('Xt') && /^(Author|Copyright)$/i.test(keyword);
}

/** Photoshop's resources without previews, and with the IPTC data that stood beside them. */
function resources({ kind, data }: NativePiece, iptc: Buffer | null): NativePiece {
  const kept = withoutPreviews(data);
  const added = iptc && !iptcOf(kept) ? [resourceBlock(iptc)] : [];
  return { kind, data: Buffer.concat([kept, ...added]) };
}
