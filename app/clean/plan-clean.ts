import type { BigIntStats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type {
  CleanJob,
  CleanPlan,
  CleanSettings,
  PlannedPicture,
  SkippedInput,
} from '../../contract/clean.ts';
import { AppError } from '../../contract/errors.ts';
import { inBatches } from '../inputs/in-batches.ts';
import { scan, type ScannedFile } from '../inputs/scan.ts';
import { isInside } from '../inputs/walk.ts';
import { nameOutputs, type NamedPicture } from '../naming/name-outputs.ts';
import { sameFileKey } from '../naming/safe-name.ts';
import { factorToken } from '../naming/template.ts';
import type { KnownOutputs } from './known-outputs.ts';

export interface PlanContext {
  /** Id of the model that will be used, for names. */
  readonly model: string;
  /** Id of the model of a source that has choices of its own. */
  readonly modelOf?: (source: string) => string;
  readonly now: Date;
  readonly known: KnownOutputs;
  /** Folders that are never looked into. */
  readonly avoid: readonly string[];
  /** See `Naming`. */
  readonly uploads?: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a batch would read and write. Nothing is written.
 * @throws AppError `no-pictures` when there is nothing at all to say, `argument-invalid` for a bad template
 */
export async function planClean(job: CleanJob, context: PlanContext): Promise<CleanPlan> {
  const found = await scan(job.inputs, { avoid: context.avoid, signal: context.signal });
  const skipped = [...found.skipped];
  const roots = [...new Set([...found.roots, ...(job.roots ?? [])])];
  const sources = (await withoutOwnOutputs(found.files, context, skipped)).map((file) => rooted(file, roots));
  const { out, settings, elsewhere } = job;
  const { model, modelOf, now, uploads } = context;
  const named = nameOutputs(sources, { out, elsewhere, roots, settings, model, modelOf, now, uploads });
  const inputs = new InputIdentities(sources);
  const pictures: PlannedPicture[] = [];
  await inBatches(named, async (picture) => ({
    picture,
    conflict: await conflictOf(picture, settings, inputs),
  })).then((all) =>
    all.forEach(({ picture, conflict }) => {
      if (conflict) skipped.push(conflict);
      else pictures.push(plannedPicture(picture));
    }),
  );
  if (pictures.length === 0 && skipped.length === 0) {
    throw new AppError('no-pictures', { paths: job.inputs.map((path) => `“${path}”`).join(', ') });
  }
  return { pictures, skipped };
}

/** A file that was named itself belongs to the folder of the batch in which it lies, if there is one. */
function rooted(file: ScannedFile, roots: readonly string[]): ScannedFile {
  if (file.root !== null) return file;
  const holders = roots.filter((root) => isInside(file.source, root));
  const root = holders.sort((a, b) => b.length - a.length)[0] ?? null;
  return { ...file, root };
}

const plannedPicture = ({ file, folder, stem }: NamedPicture): PlannedPicture => ({
  source: file.source,
  folder,
  stem,
  bytes: file.bytes,
  modifiedMs: file.modifiedMs,
});

async function withoutOwnOutputs(
  files: readonly ScannedFile[],
  context: PlanContext,
  skipped: SkippedInput[],
): Promise<ScannedFile[]> {
  const isKnown = await context.known.asker();
  const asked = await inBatches(files, async (file) => ({
    file,
    own: file.head.ownMark || (await isKnown(file)),
  }));
  return asked.flatMap(({ file, own }) => {
    if (!own) return [file];
    skipped.push({ source: file.source, code: 'own-output', details: { file: file.source } });
    return [];
  });
}

/** Everything that is read, so that nothing of it is ever written to. */
class InputIdentities {
  readonly #files = new Set<string>();
  readonly #namesByFolder = new Map<string, string[]>();

  constructor(files: readonly ScannedFile[]) {
    for (const { source, identity } of files) {
      this.#files.add(identity);
      const folder = sameFileKey(join(source, '..'));
      const names = this.#namesByFolder.get(folder);
      if (names) names.push(basename(source));
      else this.#namesByFolder.set(folder, [basename(source)]);
    }
  }

  has({ dev, ino }: BigIntStats): boolean {
    return this.#files.has(`${dev}:${ino}`);
  }

  namesIn(folder: string): readonly string[] {
    return this.#namesByFolder.get(sameFileKey(folder)) ?? [];
  }
}

/** What speaks against writing a result under its name; null when nothing does. */
async function conflictOf(
  picture: NamedPicture,
  { onConflict }: CleanSettings,
  inputs: InputIdentities,
): Promise<SkippedInput | null> {
  // Under the rule “rename” nothing that exists is ever touched.
  if (onConflict === 'rename') return null;
  const { source } = picture.file;
  const refused: SkippedInput = { source, code: 'output-is-input', details: { file: source } };
  if (picture.stem.includes(factorToken)) return mayMeetInput(picture, inputs) ? refused : null;
  for (const extension of picture.extensions) {
    const output = join(picture.folder, `${picture.stem}.${extension}`);
    if (!(await lstat(output).catch(() => null))) continue;
    const target = await stat(output, { bigint: true }).catch(() => null);
    if (target && inputs.has(target)) return refused;
    if (onConflict === 'skip') return { source, code: 'output-kept', details: { file: output, output } };
  }
  return null;
}

/** The noise factor in the name is not known yet: whether any number would make it the name of an input. */
function mayMeetInput({ stem, folder, extensions }: NamedPicture, inputs: InputIdentities): boolean {
  const quoted = stem.split(factorToken).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`^${quoted.join('\\d+(\\.\\d+)?')}\\.(${extensions.join('|')})$`, 'iu');
  return inputs.namesIn(folder).some((name) => pattern.test(name));
}
