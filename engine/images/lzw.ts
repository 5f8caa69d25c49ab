import { damaged } from './refusal.ts';

const clearCode = 256;
const endCode = 257;
const mostCodes = 4096;

/**
 * Undoes TIFF's LZW (TIFF 6.0, section 13: codes of 9 to 12 bits, first bit highest, the width grows one code
 * early). Fills `out` as far as the data goes and returns how many bytes that was.
 *
 * @throws Refusal image-damaged when a code makes no sense
 */
export function decodeLzw(data: Uint8Array, out: Uint8Array): number {
  // The string of a code is a stretch of what was already written.
  const start = new Uint32Array(mostCodes);
  const length = new Uint16Array(mostCodes);
  let [next, width, written, previousAt, previousLength] = [258, 9, 0, 0, 0];
  let [bits, bitCount, at] = [0, 0, 0];
  while (written < out.length) {
    while (bitCount < width && at < data.length) {
      bits = ((bits << 8) | data[at++]!) & 0xffffff;
      bitCount += 8;
    }
    if (bitCount < width) break;
    bitCount -= width;
    const code = (bits >>> bitCount) & ((1 << width) - 1);
    if (code === endCode) break;
    if (code === clearCode) {
      next = 258;
      width = 9;
      previousLength = 0;
      continue;
    }
    const from = written;
    if (code < 256) out[written++] = code;
    else if (code < next) {
      const source = start[code]!;
      const count = Math.min(length[code]!, out.length - written);
      for (let i = 0; i < count; i++) out[written++] = out[source + i]!;
    } else if (code === next && previousLength > 0) {
      const count = Math.min(previousLength, out.length - written);
      for (let i = 0; i < count; i++) out[written++] = out[previousAt + i]!;
      if (written < out.length) out[written++] = out[previousAt]!;
    } else throw damaged('damage-lzw');
    if (previousLength > 0 && next < mostCodes) {
      // The previous string and the byte after it, which is the first of this one.
      start[next] = previousAt;
      length[next] = previousLength + 1;
      next++;
    }
    if (next >= (1 << width) - 1 && width < 12) width++;
    previousAt = from;
    previousLength = written - from;
  }
  return written;
}
