/** Photoshop's image resources ("8BIM" blocks), which stand in APP13 of JPEG and tag 34377 of TIFF. */
interface Resource {
  readonly id: number;
  /** The whole block, padding included. */
  readonly bytes: Buffer;
  readonly data: Buffer;
}

const iptcId = 0x0404;
/** Previews of the picture as it was: they would show the noise. */
const previewIds: ReadonlySet<number> = new Set([0x0409, 0x040c]);

/** Beyond this a block is made of beginnings; the rest is not looked at. */
const mostResources = 50_000;

function readResources(block: Buffer): Resource[] {
  const resources: Resource[] = [];
  const begins = (at: number) => at + 12 <= block.length && block.toString('latin1', at, at + 4) === '8BIM';
  for (let at = 0; begins(at) && resources.length < mostResources;) {
    const nameBytes = block[at + 6]! + 1;
    const sizeAt = at + 6 + nameBytes + (nameBytes % 2);
    if (sizeAt + 4 > block.length) break;
    const size = block.readUInt32BE(sizeAt);
    const end = sizeAt + 4 + size;
    if (end > block.length) break;
    const padded = Math.min(end + (size % 2), block.length);
    const data = block.subarray(sizeAt + 4, end);
    resources.push({ id: block.readUInt16BE(at + 4), bytes: block.subarray(at, padded), data });
    at = padded;
  }
  return resources;
}

/** The block without previews. */
export function withoutPreviews(block: Buffer): Buffer {
  const kept = readResources(block).filter(({ id }) => !previewIds.has(id));
  return Buffer.concat(kept.map(({ bytes }) => bytes));
}

/** The IPTC data (IIM) among the resources. */
export function iptcOf(block: Buffer): Buffer | null {
  return readResources(block).find(({ id }) => id === iptcId)?.data ?? null;
}

/** IPTC data as the only resource of a block. */
export function resourceBlock(iptc: Buffer): Buffer {
  const head = Buffer.from('8BIM\x04\x04\0\0\0\0\0\0', 'latin1');
  head.writeUInt32BE(iptc.length, 8);
  return Buffer.concat([head, iptc, Buffer.alloc(iptc.length % 2)]);
}

/** Coded character set, by-line and copyright notice: who made it and whose it is (IIM 1:90, 2:80, 2:116). */
const copyrightDatasets: ReadonlySet<number> = new Set([0x015a, 0x0250, 0x0274]);

/** Only who made the picture and whose it is; null when it says neither. */
export function copyrightIptc(iptc: Buffer): Buffer | null {
  const kept: Buffer[] = [];
  let said = false;
  for (let at = 0; at + 5 <= iptc.length && iptc[at] === 0x1c;) {
    const size = iptc.readUInt16BE(at + 3);
    // Sizes above 32767 announce an extended length, which neither of these needs.
    if (size > 0x7fff || at + 5 + size > iptc.length) break;
    const dataset = iptc.readUInt16BE(at + 1);
    if (copyrightDatasets.has(dataset)) kept.push(iptc.subarray(at, at + 5 + size));
    said ||= dataset === 0x0250 || dataset === 0x0274;
    at += 5 + size;
  }
  return said ? Buffer.concat(kept) : null;
}
