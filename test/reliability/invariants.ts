import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect } from 'vitest';
import type { Ended, Workspace } from '../cli/built-cli.ts';

type Listing = Record<string, string>;

/** Larger ones are sparse, and told by size and time. */
const largestHashed = 64 * 2 ** 20;

/** All that lies below a folder, whatever it is: nothing of it may change. Names as bytes, shown as Latin-1. */
export async function listingOf(folder: string, leaveOut: readonly string[] = []): Promise<Listing> {
  const listing: Listing = {};
  await list(Buffer.from(folder), '', listing, leaveOut);
  return listing;
}

async function list(
  folder: Buffer,
  shown: string,
  listing: Listing,
  leaveOut: readonly string[],
): Promise<void> {
  const names = await readdir(folder, { encoding: 'buffer' });
  for (const name of names) {
    const path = Buffer.concat([folder, Buffer.from('/'), name]);
    const label = `${shown}${name.toString('latin1')}`;
    if (leaveOut.includes(label)) continue;
    // What no path can name lies too deep to be looked at one by one.
    if (path.length > 4000) continue;
    const found = await lstat(path);
    if (found.isDirectory()) await list(path, `${label}/`, listing, leaveOut);
    else if (found.isSymbolicLink()) listing[label] = `link to ${await readlink(path)}`;
    else if (!found.isFile()) listing[label] = `mode ${found.mode}`;
    else {
      const bytes = found.size > largestHashed ? '' : await readFile(path);
      const hash = createHash('sha256').update(bytes).digest('hex');
      listing[label] = [hash, found.size, found.mtimeMs, found.mode].join(' ');
    }
  }
}

/** Exit codes of a batch that ended by itself. */
const ownCodes = [0, 1, 3];

interface Expected {
  readonly code: number;
  /** Files that were found in all; each is done, skipped or failed. Left out where the batch did not begin. */
  readonly found?: number;
  /** Results that were in the output folder before. */
  readonly before?: readonly string[];
}

/** The state of a workspace before a batch, to be held against what is there after it. */
export class Invariants {
  readonly #at: Workspace;
  readonly #before: Listing;
  readonly #leaveOut: readonly string[];

  private constructor(at: Workspace, before: Listing, leaveOut: readonly string[]) {
    this.#at = at;
    this.#before = before;
    this.#leaveOut = leaveOut;
  }

  /** @param others what the test itself changes meanwhile, by names in the workspace */
  static async of(at: Workspace, others: readonly string[] = []): Promise<Invariants> {
    const leaveOut = ['out', 'tmp', ...others];
    return new Invariants(at, await listingOf(at.folder, leaveOut), leaveOut);
  }

  /** Sources as they were, nothing made beside the results, results whole, each file accounted for. */
  async hold({ code, json, signal, stderr }: Ended, expected: Expected): Promise<void> {
    expect([code, signal]).toEqual([expected.code, null]);
    expect(stderr).not.toMatch(/\n\s+at .*:\d+/);
    expect(await listingOf(this.#at.folder, this.#leaveOut)).toEqual(this.#before);
    expect(await this.#at.temporaryFiles()).toEqual([]);
    const lines = json();
    await wholeResults(lines);
    if (expected.found === undefined) return;
    const outputs = lines.filter(({ type }) => type === 'done').map((line) => String(line['output']));
    const inOut = Object.keys(await listingOf(this.#at.out).catch(() => ({}))).map((name) =>
      join(this.#at.out, Buffer.from(name, 'latin1').toString('utf8')),
    );
    const wanted = [
      ...outputs.filter((path) => path.startsWith(`${this.#at.out}/`)),
      ...(expected.before ?? []),
    ];
    expect(inOut.sort()).toEqual([...new Set(wanted)].sort());
    const accounted = new Set(
      lines
        .filter(({ type }) => ['done', 'failed', 'skipped'].includes(String(type)))
        .map((line) => line['source']),
    );
    expect(accounted.size).toBe(expected.found);
    if (!ownCodes.includes(expected.code)) return;
    expect(lines.at(-1)).toMatchObject({ type: 'summary', done: outputs.length, pending: 0 });
  }
}

/** Every result that was told of as done is there, as long and as it was said to be, and is a picture. */
async function wholeResults(lines: readonly Record<string, unknown>[]): Promise<void> {
  for (const line of lines.filter(({ type }) => type === 'done')) {
    const bytes = await readFile(String(line['output']));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(line['outputSha256']);
    const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
    expect([width, height]).toEqual([line['width'], line['height']]);
  }
  for (const line of lines.filter(({ type }) => type === 'failed' || type === 'skipped')) {
    expect(String(line['message']).length).toBeGreaterThan(10);
    expect(line['code']).not.toBe('internal');
  }
}

/** The line about one file. */
export function lineOf(ended: Ended, source: string): Record<string, unknown> | undefined {
  return ended
    .json()
    .find(
      (line) => line['source'] === source && ['done', 'failed', 'skipped'].includes(String(line['type'])),
    );
}
