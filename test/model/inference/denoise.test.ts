import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { isCancelled } from '../../../contract/errors.ts';
import type { NetworkConfig } from '../../../contract/network.ts';
import type { Raster } from '../../../model/image.ts';
import { denoiseRaster, type DenoiseSettings } from '../../../model/inference/denoise.ts';
import { watchedNetwork, type TileNetwork } from '../../../model/inference/tile-network.ts';
import { buildNetwork } from '../../../model/networks/build.ts';
import { geometryOf } from '../../../model/networks/geometry.ts';
import { initialiseWeights } from '../../../model/networks/initialise.ts';

const settings: DenoiseSettings = {
  noiseFactor: 0.1,
  strength: 1,
  colourStrength: 1,
  tileLimit: null,
  memory: 0,
};
const alone = { signal: new AbortController().signal };

/** A network that answers what `answer` makes of a tile. */
function fakeNetwork(channels: 1 | 3, answer: (tile: Float32Array) => Float32Array): TileNetwork {
  return {
    channels,
    radius: 6,
    multiple: 8,
    bytesPerPixel: 1,
    run: (tile) => Promise.resolve(answer(tile)),
  };
}
const identity = (channels: 1 | 3) => fakeNetwork(channels, (tile) => tile);

function picture(
  width: number,
  height: number,
  channels: 1 | 3,
  Kind: typeof Uint8Array | typeof Uint16Array | typeof Float32Array,
): Raster {
  const white = Kind === Uint8Array ? 255 : Kind === Uint16Array ? 65_535 : 1;
  const samples = new Kind(width * height * channels);
  for (let i = 0; i < samples.length; i++) samples[i] = ((i * 0.618034) % 1) * white;
  return { width, height, channels, samples };
}

test.each([Uint8Array, Uint16Array, Float32Array])(
  'a network that corrects nothing returns every sample of %o unchanged',
  async (Kind) => {
    for (const [width, height] of [
      [1, 1],
      [5, 3],
      [61, 47],
    ] as const) {
      // prettier-ignore
      for (const channels of [1, 3] as const) {
        const noisy = picture(width, height, channels, Kind);
        for (const colourStrength of [0.3, 1]) {
          const denoised = await denoiseRaster(
            noisy,
            identity(channels),
            { ...settings, colourStrength, tileLimit: 32 },
            alone,
          );
          expect(denoised).toEqual(noisy);
        }
      }
    }
  },
);

test('8- and 16-bit pictures survive networks of another number of channels that correct nothing', async () => {
  for (const Kind of [Uint8Array, Uint16Array]) {
    const [grey, colour] = [picture(19, 11, 1, Kind), picture(19, 11, 3, Kind)];
    expect(await denoiseRaster(grey, identity(3), settings, alone)).toEqual(grey);
    expect(await denoiseRaster(colour, identity(1), settings, alone)).toEqual(colour);
  }
});

test('a grey picture goes through a colour network three times the same and gets the mean back', async () => {
  const shift = fakeNetwork(3, (tile) => tile.map((value, i) => value + [0, 0.1, 0.2][i % 3]!));
  const noisy = picture(9, 9, 1, Float32Array);
  const denoised = await denoiseRaster(noisy, shift, settings, alone);
  noisy.samples.forEach((value, i) => expect(denoised.samples[i]).toBeCloseTo(value + 0.1, 5));
});

function prepared(config: NetworkConfig): TileNetwork & { dispose(): void } {
  const network = buildNetwork(config);
  initialiseWeights(network, config, 11);
  return {
    ...geometryOf(config),
    channels: config.channels,
    bytesPerPixel: 1,
    dispose: () => network.dispose(),
    run: async (tile, height, width, noiseFactor) => {
      const answer = tf.tidy(() => {
        const noisy = tf.tensor4d(tile, [1, height, width, config.channels]);
        const plane = tf.fill([1, height, width, 1], noiseFactor);
        return network.predict(config.kind === 'unet' ? [noisy, plane] : noisy) as tf.Tensor;
      });
      const values = (await answer.data()) as Float32Array;
      answer.dispose();
      return values;
    },
  };
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const configs: NetworkConfig[] = [
  { kind: 'unet', channels: 3, width: 2, blocks: [1, 0, 0, 0, 1] },
  { kind: 'unet', channels: 1, width: 2, blocks: [0, 1, 0, 1, 0] },
  { kind: 'classic', channels: 1 },
];

test.each(configs)('tiled equals untiled to 1e-4 for $kind with $channels channels', async (config) => {
  const network = prepared(config);
  const tile = 2 * network.radius + 3 * network.multiple;
  const sizes = [
    [1, 1], [1, 97], [97, 1], [8, 8], [53, 101], [tile - 1, tile], [tile, tile + 1], [tile + 1, tile * 2 - 3],
  ] as const; // prettier-ignore
  let cut = 0;
  for (const [width, height] of sizes) {
    const noisy = picture(width, height, config.channels, Float32Array);
    const untiled = await denoiseRaster(noisy, network, { ...settings, memory: 1e9 }, alone);
    let tiles = 0;
    const counted: TileNetwork = { ...network, run: (...tile) => (tiles++, network.run(...tile)) };
    const tiled = await denoiseRaster(noisy, counted, { ...settings, tileLimit: tile }, alone);
    if (tiles > 1) cut++;
    let difference = 0;
    untiled.samples.forEach((value, i) => {
      difference = Math.max(difference, Math.abs(value - tiled.samples[i]!));
    });
    expect(difference).toBeLessThan(1e-4);
  }
  expect(cut).toBeGreaterThanOrEqual(3); // the small ones are one tile
  network.dispose();
});

test('no tensor is left behind by a picture', async () => {
  const network = prepared(configs[0]!);
  const before = tf.memory().numTensors;
  await denoiseRaster(picture(70, 70, 3, Uint8Array), network, { ...settings, tileLimit: 64 }, alone);
  expect(tf.memory().numTensors).toBe(before);
  network.dispose();
});

/** Halves every sample, in floats and in bytes, and counts which way was taken. */
function bothWays() {
  const taken = { floats: 0, bytes: 0 };
  const network: TileNetwork = {
    ...fakeNetwork(3, (tile) => {
      taken.floats++;
      return tile.map((value) => value / 2);
    }),
    runBytes: (tile) => {
      taken.bytes++;
      return Promise.resolve(tile.map((value) => value / 2 + 0.5));
    },
  };
  return { network, taken };
}

test('8-bit pictures at full strength take the short way, with the same answer', async () => {
  const noisy = picture(77, 43, 3, Uint8Array);
  const { network, taken } = bothWays();
  const short = await denoiseRaster(noisy, network, { ...settings, tileLimit: 40 }, alone);
  expect(taken.floats).toBe(0);
  expect(taken.bytes).toBeGreaterThan(1);
  const floatOnly = { ...network };
  delete floatOnly.runBytes;
  const long = await denoiseRaster(noisy, floatOnly, { ...settings, tileLimit: 40 }, alone);
  short.samples.forEach((value, i) => expect(Math.abs(value - long.samples[i]!)).toBeLessThanOrEqual(1));
});

test.each([
  { what: 'less strength', noisy: picture(9, 9, 3, Uint8Array), strength: 0.5 },
  { what: '16 bit', noisy: picture(9, 9, 3, Uint16Array), strength: 1 },
  { what: 'grey', noisy: picture(9, 9, 1, Uint8Array), strength: 1 },
])('the short way is not for $what', async ({ noisy, strength }) => {
  const { network, taken } = bothWays();
  await denoiseRaster(noisy, network, { ...settings, strength }, alone);
  expect(taken).toEqual({ floats: 1, bytes: 0 });
});

test('an answer in bytes that was not finite is refused as well', async () => {
  const network: TileNetwork = { ...identity(3), runBytes: () => Promise.resolve(null) };
  await expect(denoiseRaster(picture(8, 8, 3, Uint8Array), network, settings, alone)).rejects.toMatchObject({
    code: 'model-unsuitable',
  });
});

test('a watched network is the same network, and every run is seen', async () => {
  let seen = 0;
  const { network, taken } = bothWays();
  const watched = watchedNetwork(network, (run) => (seen++, run()));
  await denoiseRaster(picture(9, 9, 3, Uint8Array), watched, settings, alone);
  await denoiseRaster(picture(9, 9, 3, Uint16Array), watched, settings, alone);
  expect([seen, taken]).toEqual([2, { floats: 1, bytes: 1 }]);
  expect(watchedNetwork(identity(3), (run) => run())).not.toHaveProperty('runBytes');
});

test('a cancelled request ends before the next tile', async () => {
  const cancel = new AbortController();
  let tiles = 0;
  const network = fakeNetwork(3, (tile) => {
    tiles++;
    cancel.abort();
    return tile;
  });
  const work = denoiseRaster(
    picture(200, 200, 3, Uint8Array),
    network,
    { ...settings, tileLimit: 64 },
    cancel,
  );
  await expect(work).rejects.toSatisfy(isCancelled);
  expect(tiles).toBe(1);
});

test('every tile takes its turn at the gate, progress ends at 1', async () => {
  const fractions: number[] = [];
  let turns = 0;
  await denoiseRaster(
    picture(100, 40, 3, Uint8Array),
    identity(3),
    { ...settings, tileLimit: 48 },
    {
      ...alone,
      gate: { turn: (work) => (turns++, work()) },
      onProgress: (fraction) => fractions.push(fraction),
    },
  );
  expect(turns).toBe(fractions.length);
  expect(turns).toBeGreaterThan(1);
  expect(fractions.at(-1)).toBe(1);
});

test('an answer that is not finite is refused, not written', async () => {
  const broken = fakeNetwork(3, (tile) => tile.fill(NaN, 5, 6));
  await expect(denoiseRaster(picture(8, 8, 3, Uint8Array), broken, settings, alone)).rejects.toMatchObject({
    code: 'model-unsuitable',
  });
});
