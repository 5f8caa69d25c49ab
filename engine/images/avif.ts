import { phrase } from '../../contract/texts/fill-in.ts';
import { unusualColour, type CodedColour } from './picture-metadata.ts';
import { damaged } from './refusal.ts';

/** A box of an ISO base media file (ISO/IEC 14496-12): kind and content. */
interface Box {
  readonly kind: string;
  readonly data: Buffer;
}

/** Beyond this a file is made of boxes, not of pixels; the rest is not looked at. */
const mostBoxes = 50_000;

function readBoxes(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length && boxes.length < mostBoxes;) {
    const short = bytes.readUInt32BE(at);
    const long = short === 1 && at + 16 <= bytes.length;
    const length = long ? Number(bytes.readBigUInt64BE(at + 8)) : short === 0 ? bytes.length - at : short;
    const head = long ? 16 : 8;
    if (length < head) break;
    boxes.push({
      kind: bytes.toString('latin1', at + 4, at + 8),
      data: bytes.subarray(at + head, at + length),
    });
    at += length;
  }
  return boxes;
}

function find(boxes: readonly Box[], kind: string): Buffer | undefined {
  return boxes.find((box) => box.kind === kind)?.data;
}

/** The boxes inside `meta`, which itself starts with a version. */
function metaBoxes(bytes: Buffer): Box[] {
  const meta = find(readBoxes(bytes), 'meta');
  return meta ? readBoxes(meta.subarray(4)) : [];
}

/** Whether alpha is multiplied into the colour (ISO/IEC 23008-12, reference `prem`); the library leaves it so. */
export function isPremultiplied(bytes: Buffer): boolean {
  const references = find(metaBoxes(bytes), 'iref');
  return references !== undefined && readBoxes(references.subarray(4)).some(({ kind }) => kind === 'prem');
}

/**
 * The bytes as the library takes them: it opens the still picture of a sequence only where that is said to come first. The
 * film beside it is nothing to the library then.
 */
export function asStill(bytes: Buffer): Buffer {
  if (bytes.toString('latin1', 8, 12) !== 'avis') return bytes;
  const still = Buffer.from(bytes);
  still.write('avif', 8, 'latin1');
  const film = find(readBoxes(still), 'moov');
  const name = film ? still.lastIndexOf('moov', film.byteOffset - still.byteOffset, 'latin1') : -1;
  if (name >= 0) still.write('free', name, 'latin1');
  return still;
}

/** Frames of a sequence, by the first of its tracks; 1 for a still picture. */
export function countFrames(bytes: Buffer): number {
  let inner: Buffer | undefined = bytes;
  for (const kind of ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsz']) {
    inner = inner && find(readBoxes(inner), kind);
  }
  return inner && inner.length >= 12 ? Math.max(1, inner.readUInt32BE(8)) : 1;
}

/** The kind of a private box that holds content credentials (C2PA 2.1, 11.1). */
const credentials = Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex');

/** Whether the file carries content credentials, which sign the pixels as they are. */
export function isSignedAvif(bytes: Buffer): boolean {
  return readBoxes(bytes).some(
    ({ kind, data }) => kind === 'uuid' && data.subarray(0, credentials.length).equals(credentials),
  );
}

/** The coded colour of the first picture, where the file names one that is not the usual (sRGB). */
export function codedColour(bytes: Buffer): CodedColour | null {
  const properties = find(readBoxes(find(metaBoxes(bytes), 'iprp') ?? Buffer.alloc(0)), 'ipco');
  const nclx = readBoxes(properties ?? Buffer.alloc(0)).find(
    ({ kind, data }) => kind === 'colr' && data.toString('latin1', 0, 4) === 'nclx' && data.length >= 10,
  );
  if (!nclx) return null;
  return unusualColour(nclx.data.readUInt16BE(4), nclx.data.readUInt16BE(6));
}

/** What an AVIF can hold beside its pixels. */
export interface AvifExtras {
  /** From the byte order mark on. */
  readonly exif: Buffer | null;
  readonly xmp: Buffer | null;
  readonly icc: Buffer | null;
  readonly coded: CodedColour | null;
}

interface Item {
  readonly id: number;
  readonly infe: Buffer;
  readonly content: Buffer;
}

/**
 * An AVIF of our encoder (one `meta`, then the coded data) with what belongs around its pixels: EXIF and XMP
 * as further items in a data box of their own, the colour profile as a property (ISO/IEC 23008-12, annex A).
 */
export function assembleAvif(encoded: Buffer, extras: AvifExtras): Buffer {
  const boxes = readBoxes(encoded);
  const meta = metaBoxes(encoded);
  const need = (kind: string) => {
    const data = find(meta, kind);
    if (!data) throw damaged(phrase('damage-encoder-missing', { part: kind }));
    return data;
  };
  const primary = need('pitm').readUInt16BE(4);
  const locations = readLocations(need('iloc'));
  const lastId = Math.max(...locations.map(({ id }) => id));
  const items = newItems(extras, lastId + 1);
  const build = (shift: number, dataAt: number) =>
    box(
      'meta',
      Buffer.alloc(4),
      ...meta.map((child) => rebuilt(child, { extras, items, locations, primary, shift, dataAt })),
      ...(find(meta, 'iref') ? [] : [references(null, items, primary)]),
    );
  const before = boxes.slice(
    0,
    boxes.findIndex(({ kind }) => kind === 'meta'),
  );
  const after = boxes.slice(before.length + 1);
  const headBytes = before.reduce((sum, { data }) => sum + 8 + data.length, 0);
  const oldMetaBytes = 8 + find(boxes, 'meta')!.length;
  const newMetaBytes = build(0, 0).length;
  const afterBytes = after.reduce((sum, { data }) => sum + 8 + data.length, 0);
  const dataAt = headBytes + newMetaBytes + afterBytes + 8;
  return Buffer.concat([
    ...before.map(({ kind, data }) => box(kind, data)),
    build(newMetaBytes - oldMetaBytes, dataAt),
    ...after.map(({ kind, data }) => box(kind, data)),
    ...(items.length > 0 ? [box('mdat', ...items.map(({ content }) => content))] : []),
  ]);
}

function newItems({ exif, xmp }: AvifExtras, firstId: number): Item[] {
  const items: Item[] = [];
  const add = (type: string, more: string, ...content: Buffer[]) => {
    const id = firstId + items.length;
    // Version 2, hidden from nobody, no protection, no name.
    const infe = box(
      'infe',
      Buffer.from([2, 0, 0, 0, id >> 8, id & 255, 0, 0]),
      Buffer.from(`${type}\0${more}`, 'latin1'),
    );
    items.push({ id, infe, content: Buffer.concat(content) });
  };
  // The number says how many bytes stand before the byte order mark: "Exif" and two zeros.
  if (exif) add('Exif', '', Buffer.from('\0\0\0\x06Exif\0\0', 'latin1'), exif);
  if (xmp) add('mime', 'application/rdf+xml\0', xmp);
  return items;
}

interface Rebuild {
  readonly extras: AvifExtras;
  readonly items: readonly Item[];
  readonly locations: readonly Location[];
  readonly primary: number;
  /** How far the old coded data moves. */
  readonly shift: number;
  /** Where the content of the new items starts. */
  readonly dataAt: number;
}

function rebuilt({ kind, data }: Box, rebuild: Rebuild): Buffer {
  switch (kind) {
    case 'iinf':
      return itemInfo(data, rebuild.items);
    case 'iloc':
      return itemLocations(rebuild);
    case 'iref':
      return references(data, rebuild.items, rebuild.primary);
    case 'iprp':
      return properties(data, rebuild);
    default:
      return box(kind, data);
  }
}

function itemInfo(data: Buffer, items: readonly Item[]): Buffer {
  if (data[0] !== 0) throw damaged('damage-encoder-items');
  const head = Buffer.from(data.subarray(0, 6));
  head.writeUInt16BE(head.readUInt16BE(4) + items.length, 4);
  return box('iinf', head, data.subarray(6), ...items.map(({ infe }) => infe));
}

interface Location {
  readonly id: number;
  readonly extents: readonly { readonly offset: number; readonly length: number }[];
}

function readLocations(data: Buffer): Location[] {
  const version = data[0]!;
  if (version > 1) throw damaged('damage-encoder-items');
  const sizes = [data[4]! >> 4, data[4]! & 15, data[5]! >> 4, version === 1 ? data[5]! & 15 : 0] as const;
  const [offsetSize, lengthSize, baseSize, indexSize] = sizes;
  let at = 8;
  const take = (size: number) => {
    const value = size === 0 ? 0 : size === 8 ? Number(data.readBigUInt64BE(at)) : data.readUIntBE(at, size);
    at += size;
    return value;
  };
  return Array.from({ length: data.readUInt16BE(6) }, () => {
    const id = take(2);
    if (version === 1 && (take(2) & 15) !== 0) throw damaged('damage-encoder-place');
    take(2);
    const base = take(baseSize);
    const extents = Array.from({ length: take(2) }, () => {
      take(indexSize);
      return { offset: base + take(offsetSize), length: take(lengthSize) };
    });
    return { id, extents };
  });
}

function itemLocations({ items, locations, shift, dataAt }: Rebuild): Buffer {
  const moved = locations.map(({ id, extents }) => ({
    id,
    extents: extents.map(({ offset, length }) => ({ offset: offset + shift, length })),
  }));
  let at = dataAt;
  const added = items.map(({ id, content }) => {
    at += content.length;
    return { id, extents: [{ offset: at - content.length, length: content.length }] };
  });
  const all = [...moved, ...added];
  // Version 0; offsets and lengths of 4 bytes, no base offset.
  const parts = [Buffer.from([0, 0, 0, 0, 0x44, 0, all.length >> 8, all.length & 255])];
  for (const { id, extents } of all) {
    const entry = Buffer.alloc(6 + extents.length * 8);
    entry.writeUInt16BE(id, 0);
    entry.writeUInt16BE(extents.length, 4);
    extents.forEach(({ offset, length }, index) => {
      entry.writeUInt32BE(offset, 6 + index * 8);
      entry.writeUInt32BE(length, 10 + index * 8);
    });
    parts.push(entry);
  }
  return box('iloc', ...parts);
}

/** `cdsc`: an item describes the picture. */
function references(data: Buffer | null, items: readonly Item[], primary: number): Buffer {
  const added = items.map(({ id }) => {
    const content = Buffer.alloc(6);
    content.writeUInt16BE(id, 0);
    content.writeUInt16BE(1, 2);
    content.writeUInt16BE(primary, 4);
    return box('cdsc', content);
  });
  return box('iref', data ?? Buffer.alloc(4), ...added);
}

function properties(data: Buffer, { extras, primary }: Rebuild): Buffer {
  const children = readBoxes(data);
  const kept = readBoxes(find(children, 'ipco')!);
  const added = [
    ...(extras.icc ? [box('colr', Buffer.from('prof', 'latin1'), extras.icc)] : []),
    ...(extras.coded ? [box('colr', Buffer.from('nclx', 'latin1'), codedNumbers(extras.coded))] : []),
  ];
  const numbers = added.map((_, index) => kept.length + 1 + index);
  const table = associated(find(children, 'ipma')!, primary, numbers);
  return box(
    'iprp',
    box('ipco', ...kept.map(({ kind, data: content }) => box(kind, content)), ...added),
    box('ipma', table),
  );
}

/** Matrix 6 (BT.601) and the full range are what our encoder uses, as its bit stream says. */
function codedNumbers({ primaries, transfer }: CodedColour): Buffer {
  const numbers = Buffer.from([0, 0, 0, 0, 0, 6, 0x80]);
  numbers.writeUInt16BE(primaries, 0);
  numbers.writeUInt16BE(transfer, 2);
  return numbers;
}

/** The table of properties with more for one item (version 0: item numbers of 2 bytes). */
function associated(data: Buffer, item: number, more: readonly number[]): Buffer {
  const wide = (data[3]! & 1) === 1;
  if (data[0] !== 0) throw damaged('damage-encoder-items');
  const parts = [data.subarray(0, 8)];
  let at = 8;
  for (let entry = 0; entry < data.readUInt32BE(4); entry++) {
    const count = data[at + 2]!;
    const end = at + 3 + count * (wide ? 2 : 1);
    const added = data.readUInt16BE(at) === item ? more : [];
    parts.push(data.subarray(at, at + 2), Buffer.from([count + added.length]), data.subarray(at + 3, end));
    parts.push(Buffer.from(added.flatMap((number) => (wide ? [number >> 8, number & 255] : [number]))));
    at = end;
  }
  return Buffer.concat(parts);
}

function box(kind: string, ...content: readonly Buffer[]): Buffer {
  const head = Buffer.from(`\0\0\0\0${kind}`, 'latin1');
  head.writeUInt32BE(8 + content.reduce((sum, part) => sum + part.length, 0));
  return Buffer.concat([head, ...content]);
}
