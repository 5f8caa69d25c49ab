import { constants } from 'node:fs';
import { access, lstat, stat } from 'node:fs/promises';
import { freemem } from 'node:os';
import { dirname, join } from 'node:path';
import type { BatchCheck, CheckFinding } from '../../contract/batch.ts';
import type { CleanJob, CleanPlan, PlannedPicture } from '../../contract/clean.ts';
import { failureOf } from '../../contract/errors.ts';
import type { Details } from '../../contract/texts/fill-in.ts';
import { PictureSettings } from '../clean/picture-settings.ts';
import { bytesFree } from './uploads.ts';
import { expectedExtension, foreseenOutput, foreseenPeak } from './foreseen.ts';
import { megapixelTeller } from './megapixels.ts';
import type { Row } from './row.ts';

export interface CheckContext {
  readonly rows: readonly Row[];
  readonly job: CleanJob;
  readonly plan: (job: CleanJob) => Promise<CleanPlan>;
  /** Megapixels per second, as measured here; null when it never was. */
  readonly speed: number | null;
  readonly free?: (folder: string) => Promise<number>;
  readonly freeMemory?: () => number;
}

/** A guess by which a batch cannot be begun; less of a lack is told and may still be enough. */
const surelyShort = 0.5;
const together = 32;
/** Where nothing was measured: a slow machine, so that nobody waits longer than was said. */
const slowMegapixels = 0.5;

/** Looks at everything that could go wrong, before anything is written. */
export async function checkBatch(context: CheckContext): Promise<BatchCheck> {
  const { rows, job, speed } = context;
  const plan = await planOrNothing(context);
  const planned = withRows(plan.pictures, rows);
  const megapixelsOf = megapixelTeller(rows);
  const megapixels = planned.reduce((sum, { row }) => sum + megapixelsOf(row), 0);
  const settings = new PictureSettings(job);
  const disks = await disksOf(planned, settings, context.free ?? bytesFree);
  const tightest = [...disks.values()].sort((a, b) => a.free / a.needed - b.free / b.needed)[0];
  const memoryBytes = peakOf(planned, settings);
  const findings = [
    ...(planned.length === 0 ? [finding('nothing-to-do', true)] : []),
    ...(await unwritable(planned, job)),
    ...[...disks.values()].flatMap(shortDisk),
    ...shortMemory(memoryBytes, job.settings.memory || (context.freeMemory ?? freemem)()),
    ...counted('unreadable-pictures', rows.filter(({ state }) => state === 'unreadable').length),
    ...counted('own-outputs', plan.skipped.filter(({ code }) => code === 'own-output').length),
    ...counted('name-collisions', collisions(plan.pictures)),
    ...counted('outputs-exist', await existing(planned, plan, settings), { rule: job.settings.onConflict }),
  ];
  return {
    pictures: planned.length,
    megapixels,
    bytesNeeded: [...disks.values()].reduce((sum, { needed }) => sum + needed, 0),
    bytesFree: tightest?.free ?? 0,
    seconds: megapixels / (speed ?? slowMegapixels),
    memoryBytes,
    findings,
  };
}

interface Planned {
  readonly picture: PlannedPicture;
  readonly row: Row;
}

async function planOrNothing({ plan, job }: CheckContext): Promise<CleanPlan> {
  try {
    return await plan(job);
  } catch (error) {
    if (failureOf(error).code !== 'no-pictures') throw error;
    return { pictures: [], skipped: [] };
  }
}

function withRows(pictures: readonly PlannedPicture[], rows: readonly Row[]): Planned[] {
  const bySource = new Map(rows.map((row) => [row.source, row]));
  return pictures.flatMap((picture) => {
    const row = bySource.get(picture.source);
    return row && row.state !== 'unreadable' ? [{ picture, row }] : [];
  });
}

const finding = (code: CheckFinding['code'], stops: boolean, details: Details = {}): CheckFinding => ({
  code,
  stops,
  details,
});

const counted = (code: CheckFinding['code'], count: number, details: Details = {}): CheckFinding[] =>
  count > 0 ? [finding(code, false, { count, ...details })] : [];

interface Disk {
  readonly folder: string;
  readonly free: number;
  needed: number;
}

/** What each disk gets, by its number. */
async function disksOf(
  planned: readonly Planned[],
  settings: PictureSettings,
  free: (folder: string) => Promise<number>,
): Promise<Map<number, Disk>> {
  const disks = new Map<number, Disk>();
  const byFolder = new Map<string, Disk | null>();
  for (const { picture, row } of planned) {
    const { folder } = picture;
    if (!byFolder.has(folder)) byFolder.set(folder, await diskOf(folder, disks, free));
    const disk = byFolder.get(folder);
    if (disk) disk.needed += foreseenOutput(picture.bytes, row.summary, settings.of(picture.source));
  }
  return disks;
}

async function diskOf(
  folder: string,
  disks: Map<number, Disk>,
  free: (folder: string) => Promise<number>,
): Promise<Disk | null> {
  try {
    const there = await nearest(folder);
    const { dev } = await stat(there);
    const disk = disks.get(dev) ?? { folder, free: await free(there), needed: 0 };
    disks.set(dev, disk);
    return disk;
  } catch {
    return null; // Said with the folder.
  }
}

/** A folder, or the deepest above it that is there. */
async function nearest(folder: string): Promise<string> {
  for (let level = folder; ; level = dirname(level)) {
    const found = await stat(level).catch(() => null);
    if (found || dirname(level) === level) return level;
  }
}

function shortDisk({ folder, free, needed }: Disk): CheckFinding[] {
  if (needed <= free) return [];
  return [
    finding('disk-space-short', free < needed * surelyShort, { folder, needed: Math.round(needed), free }),
  ];
}

function shortMemory(needed: number, available: number): CheckFinding[] {
  return needed > available
    ? [finding('memory-short', false, { needed: Math.round(needed), available })]
    : [];
}

function peakOf(planned: readonly Planned[], settings: PictureSettings): number {
  return planned.reduce((most, { row }) => {
    const peak = row.summary ? foreseenPeak(row.summary, settings.of(row.source)) : 0;
    return Math.max(most, peak);
  }, 0);
}

/** Each folder once: those of pictures, and the output folder, which may have to be made. */
async function unwritable(planned: readonly Planned[], { out }: CleanJob): Promise<CheckFinding[]> {
  const folders = new Set(planned.map(({ picture }) => picture.folder));
  if (out !== null) folders.add(out);
  const findings: CheckFinding[] = [];
  for (const folder of folders) {
    const there = await nearest(folder);
    const writable = await isWritableFolder(there);
    if (!writable) findings.push(finding('folder-not-writable', true, { folder }));
  }
  return findings;
}

async function isWritableFolder(path: string): Promise<boolean> {
  try {
    if (!(await stat(path)).isDirectory()) return false;
    await access(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Pictures whose name had to be numbered because another one of the batch has it. */
function collisions(pictures: readonly PlannedPicture[]): number {
  const names = new Set(pictures.map(({ folder, stem }) => join(folder, stem)));
  return pictures.filter(({ folder, stem }) => {
    const base = / \(\d+\)$/.exec(stem);
    return base !== null && names.has(join(folder, stem.slice(0, base.index)));
  }).length;
}

async function existing(
  planned: readonly Planned[],
  { skipped }: CleanPlan,
  settings: PictureSettings,
): Promise<number> {
  let count = skipped.filter(({ code }) => code === 'output-kept').length;
  for (let at = 0; at < planned.length; at += together) {
    const there = await Promise.all(
      planned.slice(at, at + together).map(({ picture: { source, folder, stem }, row }) => {
        const extension = expectedExtension(source, row.summary, settings.of(source).format);
        return lstat(join(folder, `${stem}.${extension}`)).catch(() => null);
      }),
    );
    count += there.filter((found) => found !== null).length;
  }
  return count;
}
