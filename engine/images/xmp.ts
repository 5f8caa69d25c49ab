import { markDescription, markExpression } from './own-mark.ts';
import { largestBlock } from './picture-metadata.ts';

/** An XMP packet (ISO 16684-1) as text; null when it is not one that can be added to. */
export function xmpText(packet: Buffer): string | null {
  if (packet.length > largestBlock) return null;
  const text = decodeText(packet);
  return rdfOf(text) ? text : null;
}

function decodeText(packet: Buffer): string {
  if (packet[0] === 0xff && packet[1] === 0xfe) return packet.toString('utf16le', 2);
  const bigEndian = (packet[0] === 0xfe && packet[1] === 0xff) || (packet[0] === 0 && packet[1] === 0x3c);
  if (bigEndian)
    return Buffer.from(packet.subarray(0, packet.length & ~1))
      .swap16()
      .toString('utf16le');
  if (packet[0] === 0x3c && packet[1] === 0) return packet.toString('utf16le');
  return packet.toString('utf8').replace(/\0+$/, '');
}

/** The prefix of RDF in this packet, and where its element ends. */
function rdfOf(text: string): { prefix: string; endsAt: number } | null {
  const ends = [...text.matchAll(/<\/([A-Za-z_][\w.-]*):RDF\s*>/g)];
  const last = ends.at(-1);
  return last ? { prefix: last[1]!, endsAt: last.index } : null;
}

const emptyPacket =
  '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>' +
  '<x:xmpmeta xmlns:x="adobe:ns:meta/">' +
  '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF>' +
  '</x:xmpmeta><?xpacket end="w"?>';

/** A packet with our mark put in, as early as it may stand; everything else in it stays as it is. */
export function withOwnMark(packet: string | null, mark: string): string {
  const text = (packet ?? emptyPacket).replace(markExpression, '');
  const { prefix, endsAt } = rdfOf(text)!;
  const start = text.indexOf(`<${prefix}:RDF`);
  const inside = start < 0 ? 0 : text.indexOf('>', start) + 1;
  const at = inside > 0 && inside <= endsAt ? inside : endsAt;
  return text.slice(0, at) + markDescription(mark, prefix) + text.slice(at);
}

/** The picture is upright now; a program that believes XMP before EXIF must not turn it again. */
export function uprightXmp(packet: string): string {
  return packet
    .replace(/(tiff:Orientation\s*=\s*["'])\s*\d+\s*(["'])/g, '$11$2')
    .replace(/(<tiff:Orientation\s*>)\s*\d+\s*(<)/g, '$11$2');
}

/** Only who made the picture and whose it is, as a packet of its own; null when it says neither. */
export function copyrightXmp(packet: string): string | null {
  const elements = ['creator', 'rights'].flatMap((name) => {
    const element = elementOf(packet, `dc:${name}`);
    return element ? [withoutForeignPrefixes(element, packet)] : [];
  });
  if (elements.length === 0) return null;
  const description =
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">' +
    `${elements.join('')}</rdf:Description>`;
  // As a function: dollar signs in a text would mean something else.
  return emptyPacket.replace('</rdf:RDF>', () => `${description}</rdf:RDF>`);
}

/** The first element of this name; searched without patterns, which a hostile packet can make slow. */
function elementOf(packet: string, name: string): string | null {
  const start = packet.indexOf(`<${name}>`);
  const end = packet.indexOf(`</${name}>`, start);
  return start < 0 || end < 0 ? null : packet.slice(start, end + `</${name}>`.length);
}

/** The element with the packet's RDF prefix, whatever it is, written as `rdf`. */
function withoutForeignPrefixes(element: string, packet: string): string {
  const prefix = rdfOf(packet)?.prefix ?? 'rdf';
  return prefix === 'rdf'
    ? element
    : element.replaceAll(`<${prefix}:`, '<rdf:').replaceAll(`</${prefix}:`, '</rdf:');
}
