import { crc32, deflateRawSync } from 'node:zlib';

/** One entry as a stranger might write it: every field may lie. */
export interface RawEntry {
  readonly name: string;
  readonly data: Buffer;
  /** 0 stored, 8 deflated; others are written as they are. */
  readonly method?: number;
  readonly crc?: number;
  /** In place of the data as `method` packs it. */
  readonly packed?: Buffer;
  /** What the headers say of the sizes. */
  readonly saidPacked?: number;
  readonly saidSize?: number;
  /** Upper half: Unix mode. */
  readonly mode?: number;
  readonly flags?: number;
  /** Writes no file of its own but points at the one of this index. */
  readonly sameAs?: number;
}

/** A zip file byte by byte (APPNOTE 6.3), without any of the checks that a writer makes. */
export function rawZip(entries: readonly RawEntry[], saidEntries = entries.length): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  const offsets: number[] = [];
  let at = 0;
  for (const entry of entries) {
    const { name, data, method = 8, flags = 0, mode = 0o100644 } = entry;
    const packed = entry.packed ?? (method === 8 ? deflateRawSync(data) : data);
    const crc = entry.crc ?? crc32(data);
    const said = { packed: entry.saidPacked ?? packed.length, size: entry.saidSize ?? data.length };
    const bytes = Buffer.from(name, 'utf8');
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(said.packed, 14);
    common.writeUInt32LE(said.size, 18);
    common.writeUInt16LE(bytes.length, 22);
    if (entry.sameAs === undefined) {
      offsets.push(at);
      const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, bytes, packed]);
      parts.push(local);
      at += local.length;
    } else offsets.push(offsets[entry.sameAs] ?? 0);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((mode << 16) | 0) >>> 0, 6);
    rest.writeUInt32LE(offsets.at(-1) ?? 0, 10);
    const versionMadeBy = Buffer.from([0x14, 0x03]);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), versionMadeBy, common, rest, bytes]));
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(saidEntries & 0xffff, 8);
  end.writeUInt16LE(saidEntries & 0xffff, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, directory, end]);
}

/**
 * The same with the ends that zip64 puts before the last one, and which say where the directory lies: for large archives in
 * 64 bits.
 */
export function withLargeEnds(
  zip: Buffer,
  { record, directory }: { readonly record?: bigint; readonly directory?: bigint },
): Buffer {
  const at = zip.length - 22;
  const end = Buffer.alloc(56);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeBigUInt64LE(BigInt(zip.readUInt16LE(at + 10)), 32);
  end.writeBigUInt64LE(directory ?? BigInt(zip.readUInt32LE(at + 16)), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(record ?? BigInt(at), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([zip.subarray(0, at), end, locator, zip.subarray(at)]);
}
