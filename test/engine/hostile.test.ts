import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import type { Notice } from '../../contract/notice.ts';
import { decodePage } from '../../engine/images/decode.ts';
import { createWriter, verifyEncoded, type EncodedImage } from '../../engine/images/encode.ts';
import { openImage } from '../../engine/images/open.ts';
import { prepareSharp } from '../../engine/images/prepare.ts';
import { testData } from '../fixtures/test-data.ts';
import { asSource } from './images/round-trip.ts';

beforeAll(() => prepareSharp());

interface Row {
  readonly file: string;
  readonly special: string;
  readonly expected: string;
  readonly size: string;
}

/** Fields may be quoted; none of them holds a quote or a line break. */
function readManifest(path: string): Row[] {
  const lines = readFileSync(path, 'utf8').trim().split(/\r?\n/).slice(1);
  return lines.map((line) => {
    const fields = [...line.matchAll(/(?:"([^"]*)"|([^,]*))(?:,|$)/g)].map(
      ([, quoted, plain]) => quoted ?? plain ?? '',
    );
    return { file: fields[0]!, special: fields[5]!, expected: fields[6]!, size: fields[7]! };
  });
}

type Outcome = { readonly encoded: EncodedImage; readonly notices: readonly Notice[] } | AppError;

/** What a batch does with the file, without the network. Anything but an AppError is a failure of ours. */
async function tryFile(file: string, salvage: boolean): Promise<Outcome> {
  try {
    const image = await openImage(file, { salvage });
    const writer = createWriter(image, asSource);
    for (let page = 0; page < image.summary.pages; page++) await writer.add(await decodePage(image, page));
    const encoded = await writer.finish();
    await verifyEncoded(encoded.bytes, encoded);
    return { encoded, notices: [...image.notices, ...encoded.notices] };
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

async function expectVerdict(file: string, row: Row, salvage: boolean): Promise<void> {
  const before = { hash: hashOf(file), modified: statSync(file).mtimeMs };
  const cpu = process.cpuUsage();
  const outcome = await tryFile(file, salvage);
  // Microseconds of processor time, so that a busy machine does not fail the test.
  expect(process.cpuUsage(cpu).user).toBeLessThan(10e6);
  expect({ hash: hashOf(file), modified: statSync(file).mtimeMs }).toEqual(before);
  if (outcome instanceof AppError) {
    expect(row.expected, outcome.message).not.toBe('decodes');
    expect(outcome.code).not.toBe('internal');
    // A reason for people: no empty places, no stack, no C source.
    expect(outcome.message).not.toMatch(/…|\.c:|\bat \/|undefined/);
    return;
  }
  expect(row.expected).not.toBe('clear error');
  if (row.size) expect(`${outcome.encoded.width}x${outcome.encoded.height}`).toBe(row.size);
  if (salvage && (await tryFile(file, false)) instanceof AppError) {
    expect(outcome.notices.map(({ code }) => code)).toSatisfy((codes: string[]) =>
      codes.some((code) => code === 'damaged-salvaged' || code === 'values-not-finite'),
    );
  }
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

const ours = join(import.meta.dirname, '../fixtures/hostile');

describe.each([false, true])('hostile pictures, salvaging: %s', (salvage) => {
  test.each(readManifest(join(ours, 'manifest.csv')))('$file: $special', async (row) => {
    await expectVerdict(join(ours, row.file), row, salvage);
  });

  test('those of other projects get their verdicts too', async (context: TestContext) => {
    const folder = testData(context, 'hostile');
    const rows = readManifest(join(folder, 'manifest.csv')).filter(({ file }) =>
      file.startsWith('thirdparty/'),
    );
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows) await expectVerdict(join(folder, row.file), row, salvage);
  });
});
