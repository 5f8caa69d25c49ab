import { randomBytes } from 'node:crypto';
import { basename, dirname, relative, sep } from 'node:path';
import { AppError, calling } from '../../../contract/errors.ts';
import type { PinnedFile, SurveyRequest } from '../../../contract/engine-api.ts';
import type { SurveySample, TrainingSurvey } from '../../../contract/train.ts';
import type { WindowSurvey } from '../../../contract/training-view.ts';
import { isInside } from '../../inputs/walk.ts';
import type { EngineSupervisor } from '../../supervision/engine-supervisor.ts';
import type { TrainingJobs } from '../../training/training-jobs.ts';
import type { WindowHub } from '../window-hub.ts';

/** Longest side of a sample's small image. */
const THUMBNAIL_SIDE = 320;

export interface SurveyDeskOptions {
  readonly training: TrainingJobs;
  readonly engine: EngineSupervisor;
  readonly hub: WindowHub;
}

/** Looks at pictures for windows, one folder after the other; keeps the samples of the last survey by ids. */
export class SurveyDesk {
  readonly #options: SurveyDeskOptions;
  #going: AbortController | null = null;
  #samples = new Map<string, SurveySample>();

  constructor(options: SurveyDeskOptions) {
    this.#options = options;
  }

  /** A new survey ends the one before with `cancelled`. */
  async survey(request: SurveyRequest): Promise<WindowSurvey> {
    const { training, hub } = this.#options;
    this.stop();
    const going = new AbortController();
    this.#going = going;
    const found = await training.survey(request, {
      signal: going.signal,
      onEvent: (event) => {
        if (event.type !== 'survey' || going.signal.aborted) return;
        hub.emit({ type: 'training-survey', fraction: event.fraction });
      },
    });
    if (going.signal.aborted) throw new AppError('cancelled');
    return this.#shown(found, request.folders);
  }

  stop(): void {
    this.#going?.abort();
    this.#going = null;
  }

  /** The file of a sample. @throws AppError `place-not-found` */
  find(id: string): PinnedFile {
    const { file, page } = this.#sample(id);
    return { file, page };
  }

  /** A sample as a small PNG. @throws AppError `place-not-found`, and what keeps it from being read */
  async image(id: string, layer: 'noisy' | 'clean'): Promise<Uint8Array> {
    const { file, page, clean } = this.#sample(id);
    if (layer === 'clean' && clean === null) throw new AppError('place-not-found');
    const wanted = layer === 'clean' && clean !== null ? clean : file;
    const request = { file: wanted, page, side: THUMBNAIL_SIDE };
    return (await this.#options.engine.callTwice('thumbnail', request, wanted)).png;
  }

  #sample(id: string): SurveySample {
    const sample = this.#samples.get(id);
    if (!sample) throw new AppError('place-not-found');
    return sample;
  }

  /** With the names of files below the folders that were chosen. */
  #shown({ samples, findings, pairs, ...survey }: TrainingSurvey, folders: readonly string[]): WindowSurvey {
    const nameOf = (path: string) => nameBelow(path, folders);
    this.#samples = new Map(samples.map((sample) => [`s${randomBytes(9).toString('base64url')}`, sample]));
    return {
      ...survey,
      pairs: pairs.map(({ noisy, clean }) => ({ noisy: nameOf(noisy), clean: nameOf(clean) })),
      findings: findings.map((finding) => ({
        ...finding,
        files: finding.files.map(({ file, reason }) => ({
          file: nameOf(file),
          reason: calling(reason, file, nameOf(file)),
        })),
      })),
      samples: [...this.#samples].map(([id, { name, page, validation }]) => ({ id, name, page, validation })),
    };
  }
}

/** A path below one of the folders, with forward slashes; of several with the folder's own name; of a file its name. */
function nameBelow(path: string, folders: readonly string[]): string {
  const folder = folders.find((one) => isInside(path, one));
  if (folder === undefined) return basename(path);
  const name = relative(folders.length > 1 ? dirname(folder) : folder, path);
  return (name === '' ? basename(path) : name).split(sep).join('/');
}
