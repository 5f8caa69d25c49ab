/**
 * The mark by which our own results are known again: a property in the XMP of the file. Its namespace is
 * written nowhere else, so finding it in the bytes is enough; no format has to be taken apart for it.
 */
export const markNamespace = 'urn:unspeckle:xmp:1.0:';
const pattern = `xmlns:unspeckle="${markNamespace}"`;

/**
 * Whether these bytes, a whole file or its first and last parts, were written by Unspeckle. In JPEG, PNG and
 * TIFF the mark stands within the first 256 KiB, in WebP and AVIF within the last.
 */
export function readOwnMark(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(pattern, 0, 'latin1');
}

/** The XMP that says it, as one rdf:Description to stand inside rdf:RDF under the prefix `rdf`. */
export function markDescription(mark: string, rdf = 'rdf'): string {
  return `<${rdf}:Description ${rdf}:about="" ${pattern} unspeckle:Cleaned="${escapeXml(mark)}"/>`;
}

/** Matches what `markDescription` writes, so that an older mark is replaced and not repeated. */
export const markExpression = new RegExp(`<\\w+:Description \\w+:about="" ${pattern}[^>]*/>\\s*`, 'g');

function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
  };
  // Control characters are not allowed in XML at all.
  return text.replace(/[&<>"']/g, (c) => entities[c]!).replace(/[^\t\n\r\u0020-\ufffd]/g, '');
}
