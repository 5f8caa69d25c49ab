import { AppError } from '../../contract/errors.ts';
import {
  idleTraining,
  type FinishedTraining,
  type TrainingCheckpoint,
  type TrainingCurve,
  type TrainingState,
  type TrainingValidation,
  type UnfinishedTraining,
} from '../../contract/training-view.ts';
import type { WindowApi, WindowEvent, WindowRequest } from '../../contract/window-api.ts';
import { fakeOffer, fakePlace, fakeSurvey } from './fake-offer.ts';

type Methods = Extract<keyof WindowApi, `${string}Training${string}` | 'stopSurvey' | 'keepCheckpoint'>;

const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const nothing = () => Promise.resolve(null);
const steps = 3000;

/** A training that takes a minute and learns as the books say. `?training=running`, `paused`, `finished`, `wrong`. */
export class FakeTraining {
  state: TrainingState = idleTraining;
  unfinished: readonly UnfinishedTraining[] = [];
  #finished: readonly FinishedTraining[] = [];
  #checkpoints: readonly TrainingCheckpoint[] = [];
  #curve: TrainingCurve = { losses: [], validations: [], noisy: null, blur: null, start: null };
  readonly #tell: (event: WindowEvent) => void;
  readonly #wish: URLSearchParams;
  readonly #pace: number;

  constructor(tell: (event: WindowEvent) => void, wish: URLSearchParams) {
    this.#tell = tell;
    this.#wish = wish;
    this.#pace = Number(wish.get('pace') ?? 8);
    if (wish.has('unfinished')) {
      this.unfinished = [
        { training: 'old', name: 'Film of 1974', started: '2026-11-19T21:04:00.000Z', step: 4100, steps: 12_000, fraction: 0.34 },
      ]; // prettier-ignore
    }
    this.#jump(wish.get('training'));
    setInterval(() => this.#tick(), 200);
  }

  readonly calls: Pick<WindowApi, Methods> = {
    describeTraining: () => Promise.resolve(fakeOffer),
    chooseTrainingFolder: () => Promise.resolve(fakePlace),
    surveyTraining: ({ choices }) => this.#survey(choices.pictures as never),
    stopSurvey: nothing,
    startTraining: (request) => {
      this.#prepare(request);
      setTimeout(() => this.#begin(), 800);
      return Promise.resolve({ training: 'fake' });
    },
    pauseTraining: () => (this.#put({ phase: 'paused' }), nothing()),
    resumeTraining: () => (this.#put({ phase: 'running', pausedBy: null }), nothing()),
    stopTraining: () => (this.#end(true), nothing()),
    dismissTraining: () => (this.#put(idleTraining), nothing()),
    readTraining: () => Promise.resolve({ curve: this.#curve, checkpoints: this.#checkpoints }),
    keepCheckpoint: ({ step }) => (this.#put({ kept: step }), nothing()),
    listTrainings: () => Promise.resolve(this.#finished),
    listUnfinishedTrainings: () => Promise.resolve(this.unfinished),
    continueTraining: () => Promise.reject(new AppError('training-not-found')),
    forgetTraining: () => {
      this.unfinished = [];
      this.#tell({ type: 'unfinished-trainings', trainings: [] });
      return nothing();
    },
  };

  async #survey(pictures: Parameters<typeof fakeSurvey>[0]) {
    for (let fraction = 0; fraction < 1; fraction += 0.2) {
      this.#tell({ type: 'training-survey', fraction });
      await later(120);
    }
    return fakeSurvey(pictures, this.#wish.has('findings'));
  }

  #prepare({ choices, recipe }: Pick<WindowRequest<'startTraining'>, 'choices' | 'recipe'>): void {
    this.#checkpoints = [];
    this.#curve = { losses: [], validations: [], noisy: null, blur: null, start: null };
    this.#put({
      ...idleTraining,
      phase: 'preparing',
      training: 'fake',
      name: choices.name,
      recipe,
      choices: choices as NonNullable<TrainingState['choices']>,
      places: [fakePlace],
    });
  }

  #begin(): void {
    const pins = ['bridge/DSC_0410.jpg', 'market/DSC_0417.jpg', 'tower/DSC_0438.jpg', 'tram/DSC_0459.jpg'].map(
      (name, index) => ({ pin: `pin-${index}`, name, page: 0, validation: index < 3, width: 256, height: 256, hasClean: true }),
    ); // prettier-ignore
    this.#curve = {
      losses: [],
      validations: [{ step: 0, psnr: 29.87, ssim: 0.842, loss: null, best: true }],
      noisy: { psnr: 24.61, ssim: 0.561 },
      blur: { psnr: 27.92, ssim: 0.741 },
      start: { psnr: 29.87, ssim: 0.842 },
    };
    this.#tell({ type: 'training-curve', training: 'fake', more: this.#curve });
    this.#put({
      phase: 'running',
      steps,
      pins,
      pictures: { training: 281, validation: 31, leftOut: 0 },
      stepsPerSecond: 7.4,
    });
    this.#checkpoint(0);
  }

  #tick(): void {
    if (this.state.phase !== 'running') return;
    this.#walk(this.#pace);
    if (this.state.step >= steps) this.#end(false);
  }

  #walk(by: number): void {
    const wrong = this.#wish.get('training') === 'wrong' && this.state.step > 900;
    const before = this.state.step;
    const step = Math.min(steps, before + by);
    const loss =
      0.018 +
      0.05 * Math.exp(-step / 260) +
      0.003 * Math.sin(step * 12.9) +
      (wrong ? (step - 900) / 20_000 : 0);
    const validations: TrainingValidation[] = [];
    if (Math.floor(step / 100) > Math.floor(before / 100)) {
      const psnr =
        31.4 - 2.1 * Math.exp(-step / 420) + 0.08 * Math.sin(step) - (wrong ? (step - 900) / 90 : 0);
      const best = psnr > (this.state.best?.psnr ?? 0);
      validations.push({ step, psnr, ssim: 0.9 - 0.07 * Math.exp(-step / 420), loss, best });
    }
    const more = { ...this.#curve, losses: [{ step, loss }], validations };
    this.#curve = {
      ...more,
      losses: [...this.#curve.losses, ...more.losses],
      validations: [...this.#curve.validations, ...validations],
    };
    this.#tell({ type: 'training-curve', training: 'fake', more });
    const latest = validations[0] ?? this.state.latest;
    this.#put({
      step,
      loss,
      latest,
      best: validations[0]?.best ? validations[0] : this.state.best,
      fraction: step / steps,
      secondsSoFar: step / 7.4,
      secondsLeft: (steps - step) / 7.4,
      verdict: wrong
        ? { code: 'gone-wrong', since: 900, why: 'worse' }
        : step > 2200
          ? { code: 'stopped-improving', since: 1900 }
          : { code: step > 200 ? 'learning' : 'not-yet-known' },
    });
    if (Math.floor(step / 200) > Math.floor(before / 200)) this.#checkpoint(step);
  }

  #checkpoint(step: number): void {
    const best = this.state.latest?.best ?? false;
    this.#checkpoints = [
      ...this.#checkpoints.map((one) => ({ ...one, best: one.best && !best, usable: one.step === 0 ? false : one.usable })),
      { step, seconds: step / 7.4, quality: this.state.latest, best, previews: true, usable: step > 0 },
    ]; // prettier-ignore
    this.#tell({ type: 'training-checkpoints', training: 'fake', checkpoints: this.#checkpoints });
  }

  #end(stopped: boolean): void {
    this.#checkpoint(this.state.step);
    const model = 'microscope';
    this.#put({
      phase: 'finished',
      secondsLeft: null,
      result: { model, stopped, endedBy: null, leftOut: [] },
    });
    const finished = { ...this.state, training: 'fake', finished: '2026-11-29T10:12:00.000Z' };
    this.#finished = [finished, ...this.#finished];
  }

  /** As if so much of it had passed. */
  #jump(to: string | null): void {
    if (to === null) return;
    this.#prepare({
      choices: { ...fakeOffer.recipes[0]!.choices, name: 'Night, my camera' },
      recipe: 'night-camera',
    });
    if (to === 'preparing') return;
    this.#begin();
    for (let step = 0; step < (to === 'finished' ? steps : 1500); step += 10) this.#walk(10);
    if (to === 'paused') this.#put({ phase: 'paused' });
    if (to === 'finished') this.#end(false);
  }

  #put(changes: Partial<TrainingState>): void {
    this.state = { ...this.state, ...changes };
    this.#tell({ type: 'training', training: this.state });
  }
}
