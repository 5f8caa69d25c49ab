import { AppError } from '../../../contract/errors.ts';
import type { PinnedFile } from '../../../contract/engine-api.ts';
import type { JobEvent, JobSummary } from '../../../contract/jobs.ts';
import type { RecipeName } from '../../../contract/recipes.ts';
import type { TrainingConfig, TrainingProgress, Validation } from '../../../contract/train.ts';
import {
  idleTraining,
  type FinishedTraining,
  type LossPoint,
  type TrainingDetails,
  type TrainingPlace,
  type TrainingState,
  type UnfinishedTraining,
} from '../../../contract/training-view.ts';
import { idOf } from '../../models/import-model.ts';
import type { AppParts } from '../../parts.ts';
import type { StoredTraining } from '../../training/stored-training.ts';
import { fractionOf } from '../../training/training-history.ts';
import type { WindowHub } from '../window-hub.ts';
import { shownCheckpoints, shownCurve, shownTraining, type KnownTraining } from './shown-training.ts';

/** Between two words on how a training gets on. */
const TELL_MS = 500;
/** Trainings that have ended and are listed. */
const MOST_LISTED = 50;

export interface TrainingDeskOptions {
  readonly parts: AppParts;
  readonly hub: WindowHub;
  /** The places of folders, as a window names them. */
  readonly placesOf: (folders: readonly string[]) => Promise<readonly TrainingPlace[]>;
  /** The models in the library have changed. */
  readonly onModels: () => void;
}

/** The training that all windows show: the one at work, or the one that has just ended. */
export class TrainingDesk {
  readonly #options: TrainingDeskOptions;
  #known: KnownTraining | null = null;
  #places: readonly TrainingPlace[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** What a training says that was begun and of which not all is known yet. */
  #early: { readonly jobId: string; readonly events: JobEvent[] } | null = null;
  /** What has come to the curve since windows were told. */
  #news: { losses: LossPoint[]; validations: Validation[] } = { losses: [], validations: [] };

  constructor(options: TrainingDeskOptions) {
    this.#options = options;
    options.parts.events.subscribe((event) => this.#take(event));
  }

  get state(): TrainingState {
    return this.#known ? shownTraining(this.#known, this.#places) : idleTraining;
  }

  /** @throws AppError `training-running`, and what keeps it from starting */
  async start(order: {
    readonly config: TrainingConfig;
    readonly pinned: readonly PinnedFile[];
    readonly recipe: RecipeName | null;
  }): Promise<{ training: string }> {
    const { jobId } = await this.#options.parts.training.start(order);
    await this.#show(jobId);
    return { training: jobId };
  }

  /** Goes on with one that was left open. */
  async goOnWith(training: string): Promise<{ training: string }> {
    await this.#options.parts.training.continue(training);
    await this.#show(training);
    return { training };
  }

  pause(): void {
    this.#ask('pause', 'pausing');
  }

  async resume(): Promise<void> {
    const { known } = this.#mustBe('paused');
    await this.goOnWith(known.stored.jobId);
  }

  /** Ends it and keeps what was learnt, also of one that is paused. */
  async stop(): Promise<void> {
    const known = this.#known;
    if (known?.phase !== 'paused') return this.#ask('cancel', 'stopping');
    await this.#options.parts.training.conclude(known.stored.jobId);
    const { step: steps } = known.history;
    await this.#ended({ steps, stopped: true, endedBy: known.pausedBy, leftOut: [] });
    await this.tellUnfinished();
  }

  dismiss(): void {
    if (this.#known?.phase === 'finished') this.#known = null;
    this.#tell();
  }

  async read(training: string): Promise<TrainingDetails> {
    const { training: jobs } = this.#options.parts;
    await jobs.find(training);
    const history = await jobs.history(training);
    const checkpoints = shownCheckpoints(history, await jobs.snapshots(training).list());
    return { curve: shownCurve(history), checkpoints };
  }

  async keep(training: string, step: number | null): Promise<void> {
    const { training: jobs } = this.#options.parts;
    await jobs.keep(training, step);
    if (!jobs.isActive(training)) this.#options.onModels();
    if (this.#known?.stored.jobId === training) this.#change({ kept: step });
  }

  async finished(): Promise<FinishedTraining[]> {
    const { training: jobs } = this.#options.parts;
    const shown: FinishedTraining[] = [];
    for (const { stored, report } of (await jobs.finished()).slice(0, MOST_LISTED)) {
      const known: KnownTraining = {
        stored,
        history: await jobs.history(stored.jobId),
        phase: 'finished',
        progress: null,
        kept: await jobs.snapshots(stored.jobId).kept(),
        pausedBy: null,
        ending: { ...report.outcome, modelIsThere: await this.#modelIsThere(stored) },
      };
      const state = shownTraining(known, await this.#options.placesOf(stored.config.folders));
      shown.push({ ...state, training: stored.jobId, finished: report.finished });
    }
    return shown;
  }

  async unfinished(): Promise<UnfinishedTraining[]> {
    const { training: jobs } = this.#options.parts;
    const shown: UnfinishedTraining[] = [];
    for (const stored of await jobs.unfinished()) {
      const { jobId, config, started } = stored;
      if (jobId === this.#known?.stored.jobId) continue;
      const history = await jobs.history(jobId);
      const { step, steps } = history;
      shown.push({
        training: jobId,
        name: config.name,
        started,
        step,
        steps,
        fraction: fractionOf(config, history),
      });
    }
    return shown;
  }

  async forget(training: string): Promise<void> {
    await this.#options.parts.training.forget(training);
    if (this.#known?.stored.jobId === training) this.#known = null;
    this.#tell();
    await this.tellUnfinished();
  }

  async tellUnfinished(): Promise<void> {
    this.#options.hub.emit({ type: 'unfinished-trainings', trainings: await this.unfinished() });
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #mustBe(phase: TrainingState['phase']): { known: KnownTraining } {
    if (this.#known?.phase !== phase) throw new AppError('training-not-found');
    return { known: this.#known };
  }

  #ask(wish: 'pause' | 'cancel', phase: 'pausing' | 'stopping'): void {
    const known = this.#known;
    if (known?.phase !== 'running' && known?.phase !== 'preparing' && known?.phase !== 'pausing') return;
    this.#change({ phase });
    this.#options.parts.training[wish](known.stored.jobId);
  }

  async #show(jobId: string): Promise<void> {
    const early = (this.#early = { jobId, events: [] as JobEvent[] });
    try {
      await this.#learn(jobId);
    } finally {
      this.#early = null;
    }
    this.#options.hub.keepAwake(true, 'training');
    this.#tell();
    early.events.forEach((event) => this.#take(event));
    await this.tellUnfinished();
  }

  async #learn(jobId: string): Promise<void> {
    const { parts, placesOf } = this.#options;
    const stored = await parts.training.find(jobId);
    this.#places = await placesOf(stored.config.folders);
    this.#news = { losses: [], validations: [] };
    this.#known = {
      stored,
      history: await parts.training.history(jobId),
      phase: 'preparing',
      progress: null,
      kept: await parts.training.snapshots(jobId).kept(),
      pausedBy: null,
      ending: null,
    };
  }

  #take(event: JobEvent): void {
    if (this.#early?.jobId === event.jobId) {
      this.#early.events.push(event);
      return;
    }
    if (!this.#known || event.jobId !== this.#known.stored.jobId) return;
    if (event.type === 'training-begun') {
      this.#refresh();
      if (this.#known.phase === 'preparing') this.#change({ phase: 'running' });
    }
    if (event.type === 'training') this.#progress(event.progress);
    if (event.type === 'summary') {
      void this.#summary(event.summary).catch((error: unknown) =>
        this.#options.parts.log.write(`training: ${String(error)}`),
      );
    }
  }

  #progress(progress: TrainingProgress): void {
    const { step, loss, start, validation, snapshot } = progress;
    this.#refresh();
    this.#known = { ...this.#known!, progress };
    this.#news.losses.push({ step, loss });
    if (start) this.#news.validations.push(start);
    if (validation) this.#news.validations.push(validation);
    if (snapshot && !snapshot.failure) void this.#tellCheckpoints();
    this.#tellSoon();
  }

  #refresh(): void {
    const known = this.#known!;
    const history = this.#options.parts.training.liveHistory(known.stored.jobId) ?? known.history;
    this.#known = { ...known, history };
  }

  async #summary(summary: JobSummary): Promise<void> {
    const known = this.#known!;
    const history = await this.#options.parts.training.history(known.stored.jobId);
    this.#known = { ...known, history, progress: null };
    switch (summary.kind) {
      case 'paused':
        return this.#paused(null);
      case 'train':
        return this.#ended(summary.outcome);
      case 'failed': {
        const open = (await this.#options.parts.training.unfinished()).map(({ jobId }) => jobId);
        if (open.includes(known.stored.jobId)) return this.#paused(summary);
        return this.#ended({ steps: history.step, stopped: false, endedBy: summary, leftOut: [] });
      }
      case 'clean':
        return;
    }
  }

  #paused(pausedBy: KnownTraining['pausedBy']): void {
    this.#options.hub.keepAwake(false, 'training');
    this.#change({ phase: 'paused', pausedBy });
  }

  async #ended(outcome: Omit<NonNullable<KnownTraining['ending']>, 'modelIsThere'>): Promise<void> {
    const { stored } = this.#known!;
    const ending = { ...outcome, modelIsThere: await this.#modelIsThere(stored) };
    this.#options.hub.keepAwake(false, 'training');
    await this.#tellCheckpoints();
    this.#change({ phase: 'finished', pausedBy: null, ending });
    this.#options.onModels();
  }

  async #modelIsThere({ config }: StoredTraining): Promise<boolean> {
    return this.#options.parts.library.find(idOf(config.name)).then(
      () => true,
      () => false,
    );
  }

  #change(changes: Partial<KnownTraining>): void {
    if (!this.#known) return;
    this.#known = { ...this.#known, ...changes };
    this.#tell();
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => this.#tell(), TELL_MS).unref();
  }

  #tell(): void {
    this.close();
    const { hub } = this.#options;
    hub.emit({ type: 'training', training: this.state });
    const { losses, validations } = this.#news;
    if (!this.#known || losses.length + validations.length === 0) return;
    this.#news = { losses: [], validations: [] };
    const training = this.#known.stored.jobId;
    hub.emit({ type: 'training-curve', training, more: shownCurve({ losses, validations }) });
  }

  async #tellCheckpoints(): Promise<void> {
    const { stored } = this.#known!;
    const { checkpoints } = await this.read(stored.jobId);
    this.#options.hub.emit({ type: 'training-checkpoints', training: stored.jobId, checkpoints });
  }
}
