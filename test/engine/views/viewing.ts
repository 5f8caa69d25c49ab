import sharp from 'sharp';
import { expect, onTestFinished } from 'vitest';
import type { EngineEvent, ModelLocation, ViewRuntime } from '../../../contract/engine-api.ts';
import type { NoiseEstimate } from '../../../contract/measure.ts';
import { viewTile, type OpenedView, type ViewPixels, type ViewTile } from '../../../contract/view.ts';
import type { z } from 'zod';
import { createCompleteViewHandler } from '../../../engine/jobs/view-complete.ts';
import { createJudgeResidualHandler } from '../../../engine/jobs/view-judge.ts';
import { createViewPixelsHandler } from '../../../engine/jobs/view-pixels.ts';
import { createScoreViewHandler } from '../../../engine/jobs/view-score.ts';
import type { PreparedNetworks } from '../../../engine/jobs/clean.ts';
import { TileGate } from '../../../engine/tile-gate.ts';
import { ViewStore } from '../../../engine/views/view-store.ts';
import type { TileNetwork } from '../../../model/inference/tile-network.ts';
import { cardFor, tinyUnet } from '../../fixtures/models/model-folders.ts';
import { pictureFile } from '../../fixtures/pictures.ts';

/** A view of one picture, asked as the application would ask. */
export interface Viewing extends OpenedView {
  readonly file: string;
  readonly store: ViewStore;
  readonly gate: TileGate;
  readonly runtime: ViewRuntime;
  readonly events: EngineEvent[];
  pixels(tile: Partial<TileWish>, signal?: AbortSignal): Promise<ViewPixels>;
  complete(choices?: Choices, signal?: AbortSignal): Promise<void>;
  measure(): Promise<NoiseEstimate>;
  readonly judge: ReturnType<typeof createJudgeResidualHandler>;
  readonly score: ReturnType<typeof createScoreViewHandler>;
}

export type Choices = Partial<z.input<typeof viewTile>['choices']>;

export interface ViewingOptions {
  readonly network?: TileNetwork;
  readonly prepared?: PreparedNetworks;
  readonly model?: ModelLocation;
  readonly runtime?: Partial<ViewRuntime>;
  /** Bytes the store may keep. */
  readonly bytes?: number;
}

export const never = new AbortController().signal;

const size = ({ width, height }: { width: number; height: number }) => ({ x: 0, y: 0, width, height });

/** Opens a picture for looking; it is closed when the test ends, and then nothing of it is kept. */
export async function viewing(bytes: Uint8Array, options: ViewingOptions = {}): Promise<Viewing> {
  const file = await pictureFile(bytes, 'picture');
  const card = { ...cardFor(tinyUnet), weightsSha256: '0'.repeat(64) };
  const { network = blurring() } = options;
  const prepared = options.prepared ?? (() => Promise.resolve({ card, network }));
  const views = new ViewStore(options.bytes ?? 64e6);
  const gate = new TileGate();
  const dependencies = { views, network: prepared, gate };
  const opened = await views.open(file, 0, never);
  onTestFinished(() => {
    views.close(opened.view);
    expect(views.bytes).toBe(0);
  });
  const runtime: ViewRuntime = {
    model: options.model ?? { id: 'tiny', folder: '' },
    runtime: { backend: 'wasm', threads: 1 },
    memory: 0,
    ...options.runtime,
  };
  const events: EngineEvent[] = [];
  const context = (signal = never) => ({ signal, send: (event: EngineEvent) => void events.push(event) });
  const handlers = {
    pixels: createViewPixelsHandler(dependencies),
    complete: createCompleteViewHandler(dependencies),
  };
  const { view, summary } = opened;
  return {
    ...opened,
    file,
    store: views,
    gate,
    runtime,
    events,
    pixels: (tile, signal) => {
      const wish = {
        view,
        layer: 'denoised',
        region: size(summary),
        reduction: 1,
        choices: {},
        ...tile,
      } as const;
      return handlers.pixels({ ...runtime, tile: tileOf(wish) }, context(signal));
    },
    complete: (choices = {}, signal) => {
      const { choices: all } = tileOf({
        view,
        layer: 'denoised',
        region: size(summary),
        reduction: 1,
        choices,
      });
      return handlers.complete({ ...runtime, view, page: 0, choices: all }, context(signal));
    },
    measure: () => views.get(view).measure(),
    judge: createJudgeResidualHandler(dependencies),
    score: createScoreViewHandler(dependencies),
  };
}

/** The noise factor is given unless a test says otherwise: small pictures have none that could be measured. */
export function tileOf({ choices, ...tile }: TileWish): ViewTile {
  return viewTile.parse({ ...tile, choices: { model: 'tiny', noiseFactor: 0.1, ...choices } });
}

type TileWish = Omit<z.input<typeof viewTile>, 'choices'> & { choices: Choices };

export interface CountingNetwork extends Omit<TileNetwork, 'run'> {
  readonly runs: { height: number; width: number }[];
  /** A property, so that a test may put something else in its place. */
  run: (tile: Float32Array, height: number, width: number, noiseFactor: number) => Promise<Float32Array>;
}

/** Answers the mean of each 5 × 5 square of a tile, zeros beyond it: a network with a radius and edges of its own. */
export function blurring(channels: 1 | 3 = 3): CountingNetwork {
  const runs: { height: number; width: number }[] = [];
  return {
    runs,
    channels,
    radius: 2,
    multiple: 8,
    bytesPerPixel: 100,
    run: (tile, height, width) => {
      runs.push({ height, width });
      return Promise.resolve(
        tile.map((_, i) => {
          const [c, x, y] = [
            i % channels,
            Math.floor(i / channels) % width,
            Math.floor(i / channels / width),
          ];
          let sum = 0;
          for (let v = Math.max(0, y - 2); v <= Math.min(height - 1, y + 2); v++) {
            for (let u = Math.max(0, x - 2); u <= Math.min(width - 1, x + 2); u++) {
              sum += tile[(v * width + u) * channels + c]!;
            }
          }
          return sum / 25;
        }),
      );
    },
  };
}

/** The samples of a PNG as the picture library reads them, nothing converted. */
export async function samplesOf({ png }: ViewPixels): Promise<Uint8Array> {
  return new Uint8Array(await sharp(png, { ignoreIcc: true }).raw().toBuffer());
}
