import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../contract/errors.ts';
import { namedNetworks } from '../../contract/network.ts';
import { sayPhrase } from '../../contract/texts/fill-in.ts';
import { checkModel } from '../../engine/jobs/check-model.ts';
import { Random } from '../../model/noise/random.ts';
import { geometryOf } from '../../model/networks/geometry.ts';
import {
  averagingWeights,
  changeJson,
  changeWeights,
  savedModel,
  scratchFolder,
  tinyUnet,
} from '../fixtures/models/model-folders.ts';

const hostile = join(import.meta.dirname, '../fixtures/hostile/models');

interface Declared {
  format: string;
  modelTopology: { config: { layers: Layer[]; output_layers: unknown[]; input_layers: unknown[] } };
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[];
}
interface Layer {
  name: string;
  class_name: string;
  config: Record<string, unknown>;
  inbound_nodes: [string, number, number, object][][];
}

/** Why a folder is refused; fails where it is accepted, and where anything but a refusal comes. */
async function refusalOf(folder: string): Promise<string> {
  const error: unknown = await checkModel({ folder }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AppError);
  expect((error as AppError).code).toBe('model-invalid');
  expect((error as AppError).details['model']).toBe(basename(folder));
  return sayPhrase((error as AppError).details.reason!);
}

function layerNamed(declared: Declared, name: string): Layer {
  return declared.modelTopology.config.layers.find((layer) => layer.name === name)!;
}

describe('what the app itself saves is accepted', () => {
  test('a U-Net, with its card', async () => {
    const folder = await savedModel();
    const { card, network, parameters } = await checkModel({ folder });
    expect(card?.id).toBe('tiny');
    expect(network).toEqual(tinyUnet);
    expect(parameters).toBe(geometryOf(tinyUnet).parameters);
  });

  test.each([1, 3] as const)(
    'the textbook network for %i channels, recognised without a card',
    async (channels) => {
      const folder = await savedModel({ kind: 'classic', channels });
      rmSync(join(folder, 'card.json'));
      expect(await checkModel({ folder })).toMatchObject({
        card: null,
        network: { kind: 'classic', channels },
      });
    },
  );

  test('a U-Net without a card, recognised by its layers', async () => {
    const folder = await savedModel();
    rmSync(join(folder, 'card.json'));
    expect(await checkModel({ folder })).toMatchObject({ card: null, network: tinyUnet });
  });

  test('a card that is newer than this app, with a word more', async () => {
    const folder = await savedModel();
    changeJson(folder, 'card.json', (card) => Object.assign(card, { mood: 'fine' }));
    expect((await checkModel({ folder })).card).not.toHaveProperty('mood');
  });

  test('and neither tensors nor changes in the folder are left behind', async () => {
    const folder = await savedModel();
    const before = readFileSync(join(folder, 'weights.bin'));
    const tensors = tf.memory().numTensors;
    await checkModel({ folder });
    expect(tf.memory().numTensors).toBe(tensors);
    changeWeights(folder, (values) => values.fill(1e38));
    await refusalOf(folder);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(readFileSync(join(folder, 'weights.bin'))).toHaveLength(before.length);
  });
});

describe('whether noise is reduced is measured', () => {
  test('averaging four pixels reduces it', async () => {
    const folder = await savedModel(tinyUnet, await averagingWeights());
    expect((await checkModel({ folder })).reducesNoise).toBe(true);
  });

  test('M18: a correction of zero does not, and is allowed', async () => {
    const folder = await savedModel();
    changeWeights(folder, (values) => values.fill(0));
    expect((await checkModel({ folder })).reducesNoise).toBe(false);
  });

  test('M18: a constant answer does not, and is allowed', async () => {
    const folder = await savedModel({ kind: 'classic', channels: 1 });
    changeWeights(folder, (values) => values.fill(0)); // sigmoid(0) = 0.5 everywhere
    expect((await checkModel({ folder })).reducesNoise).toBe(false);
  });
});

test('M18: an inverted answer does not reduce noise, and is allowed', async () => {
  const weights = await averagingWeights();
  // Of the values of a block, each pixel's own is turned around: 1 − x = x + (1 − 2x).
  const correction = weights.get('correction/kernel')!.values; // [4, 4, 3, 12]
  for (let at = 0; at < correction.length; at++) correction[at] = correction[at]! < 0 ? -2 : 0;
  weights.get('correction/bias')!.values.fill(1);
  const folder = await savedModel(tinyUnet, weights);
  expect((await checkModel({ folder })).reducesNoise).toBe(false);
});

describe('weights are refused', () => {
  test.each([NaN, Infinity, -Infinity])('when one is %d', async (value) => {
    const folder = await savedModel();
    changeWeights(folder, (values) => values.with(7, value));
    expect(await refusalOf(folder)).toMatch(/“stem\/kernel” hold 1 values that are not numbers/);
  });

  test('when they are finite but their answer is not', async () => {
    const folder = await savedModel();
    changeWeights(folder, (values) => values.fill(1e38));
    expect(await refusalOf(folder)).toMatch(/answer to a small picture is not made of numbers/);
  });

  test.each([-4, 1, 4])('when the file is %i bytes longer than declared', async (more) => {
    const folder = await savedModel();
    const path = join(folder, 'weights.bin');
    const bytes = readFileSync(path).length;
    truncateSync(path, bytes + more);
    expect(await refusalOf(folder)).toBe(`“weights.bin” has ${bytes + more} bytes instead of ${bytes}`);
  });

  test('when there are none', async () => {
    const folder = await savedModel();
    rmSync(join(folder, 'weights.bin'));
    expect(await refusalOf(folder)).toMatch(/no “weights.bin”/);
  });

  test('when they are not the ones the card was written for', async () => {
    const folder = await savedModel();
    const card = readFileSync(join(folder, 'card.json'));
    changeWeights(folder, (values) => values.with(0, 0.5));
    writeFileSync(join(folder, 'card.json'), card);
    expect(await refusalOf(folder)).toMatch(/not the file that “card.json” was written for/);
  });

  test('when their list has another shape, lacks one, or names one twice or for nobody', async () => {
    const folder = await savedModel();
    const path = join(folder, 'model.json');
    const whole = readFileSync(path);
    const listed = async (change: (weights: Declared['weightsManifest'][0]['weights']) => void) => {
      writeFileSync(path, whole);
      changeJson<Declared>(folder, 'model.json', ({ weightsManifest }) =>
        change(weightsManifest[0]!.weights),
      );
      return refusalOf(folder);
    };
    expect(await listed((weights) => weights[0]!.shape.reverse())).toMatch(
      /are 12×4×4×4, but .* needs 4×4×4×12/,
    );
    expect(await listed((weights) => void weights.pop())).toMatch(/“correction\/bias” are missing/);
    expect(await listed((weights) => void weights.push(weights[0]!))).toMatch(/listed twice/);
    expect(await listed((weights) => (weights[0]!.name = 'other/kernel'))).toMatch(/no layer needs/);
    expect(await listed((weights) => (weights[0]!.dtype = 'int32'))).toMatch(/dtype/);
    expect(await listed((weights) => (weights[0]!.shape = [1e9, 1e9, 1, 1]))).toMatch(/shape/);
    expect(
      await listed((weights) =>
        Object.assign(weights[0]!, { quantization: { dtype: 'uint8', scale: Infinity } }),
      ),
    ).toMatch(/quantization/);
  });
});

describe('nothing outside the folder is read', () => {
  test.each([
    '../../../../etc/hostname',
    '/etc/hostname',
    'C:\\weights.bin',
    '..',
    'sub/weights.bin',
    'a\0b',
  ])('weights at “%s”', async (path) => {
    const folder = await savedModel();
    changeJson<Declared>(folder, 'model.json', (declared) => {
      declared.weightsManifest[0]!.paths = [path];
    });
    expect(await refusalOf(folder)).toMatch(/elsewhere than in its own folder/);
  });

  test('another plain name than the one that is read', async () => {
    const folder = await savedModel();
    changeJson<Declared>(folder, 'model.json', (declared) => {
      declared.weightsManifest[0]!.paths = ['card.json'];
    });
    expect(await refusalOf(folder)).toMatch(/belong in “weights.bin”/);
  });

  test.each(['model.json', 'weights.bin', 'card.json'])('%s as a link, wherever it leads', async (file) => {
    const folder = await savedModel();
    const elsewhere = join(scratchFolder(), file);
    cpSync(join(folder, file), elsewhere);
    rmSync(join(folder, file));
    symlinkSync(elsewhere, join(folder, file));
    expect(await refusalOf(folder)).toBe(`“${file}” is a link, and links are not followed`);
  });

  test.skipIf(process.platform === 'win32')('a pipe or a folder in the place of a file', async () => {
    const folder = await savedModel();
    rmSync(join(folder, 'weights.bin'));
    execFileSync('mkfifo', [join(folder, 'weights.bin')]);
    expect(await refusalOf(folder)).toBe('“weights.bin” is not a plain file');
    rmSync(join(folder, 'weights.bin'));
    mkdirSync(join(folder, 'weights.bin'));
    expect(await refusalOf(folder)).toBe('“weights.bin” is not a plain file');
  });

  test('a folder that is not there, or empty', async () => {
    const folder = scratchFolder();
    expect(await refusalOf(join(folder, 'missing'))).toMatch(/folder cannot be opened/);
    expect(await refusalOf(folder)).toMatch(/no “model.json”/);
  });
});

describe('files are refused before they cost anything', () => {
  test('model.json of 5 MB, weights of a sparse 5 GB', async () => {
    const folder = await savedModel();
    truncateSync(join(folder, 'weights.bin'), 5 * 2 ** 30);
    expect(await refusalOf(folder)).toMatch(/5120 MB, and at most 64 MB/);
    truncateSync(join(folder, 'model.json'), 5 * 2 ** 20);
    expect(await refusalOf(folder)).toMatch(/5 MB, and at most 4 MB/);
  });

  test.each(['model.json', 'card.json'])('%s a hundred thousand levels deep', async (file) => {
    const folder = await savedModel();
    writeFileSync(join(folder, file), '[{"a":'.repeat(100_000));
    expect(await refusalOf(folder)).toBe(`“${file}” is nested more than 32 levels deep`);
  });

  test('brackets inside strings are not depth', async () => {
    const folder = await savedModel();
    changeJson(folder, 'card.json', (card) => {
      card['purpose'] = `\\"${'[{'.repeat(1000)}\\`;
    });
    expect((await checkModel({ folder })).card?.purpose).toHaveLength(2003);
  });

  test.each(['model.json', 'card.json'])('%s that is no JSON, or no text', async (file) => {
    const folder = await savedModel();
    writeFileSync(join(folder, file), '{"version": 1,');
    expect(await refusalOf(folder)).toBe(`“${file}” is not valid JSON`);
    writeFileSync(join(folder, file), Buffer.of(0x22, 0xff, 0xfe, 0x22));
    expect(await refusalOf(folder)).toBe(`“${file}” is not valid text`);
  });

  test.each(['model.json', 'card.json'])('S15: %s with the key __proto__ anywhere', async (file) => {
    const folder = await savedModel();
    const path = join(folder, file);
    const text = readFileSync(path, 'utf8');
    for (const key of ['"__proto__"', '"\\u005f_proto__"']) {
      writeFileSync(path, text.trim().replace(/\}$/, `,"extra":[{${key}:{"polluted":true}}]}`));
      expect(await refusalOf(folder)).toMatch(/__proto__/);
    }
    expect({}).not.toHaveProperty('polluted');
  });
});

/** What is refused of the topology: a change to a good one, and what is said of it. */
const topologies: [what: string, change: (declared: Declared) => void, reason: RegExp][] = [
  ['two billion filters', (d) => (layerNamed(d, 'stem').config['filters'] = 2e9), /filters.* \(2000000000\)/],
  ['no filters', (d) => (layerNamed(d, 'stem').config['filters'] = -1), /filters.* \(-1\)/],
  ['half a filter', (d) => (layerNamed(d, 'stem').config['filters'] = 1.5), /filters/],
  ['a kernel of 1001', (d) => (layerNamed(d, 'stem').config['kernel_size'] = [1001, 1]), /kernel_size.*1001/],
  ['a stride of 0', (d) => (layerNamed(d, 'stem').config['strides'] = [0, 2]), /strides/],
  ['a dilated kernel', (d) => (layerNamed(d, 'stem').config['dilation_rate'] = [9, 9]), /dilation_rate/],
  ['valid padding', (d) => (layerNamed(d, 'stem').config['padding'] = 'valid'), /padding/],
  ['an unknown activation', (d) => (layerNamed(d, 'stem').config['activation'] = 'softmax'), /activation/],
  ['an unknown key', (d) => (layerNamed(d, 'stem').config['function'] = 'x'), /“function”|"function"/],
  ['a Lambda layer', (d) => (layerNamed(d, 'stem').class_name = 'Lambda'), /uses “Lambda”/],
  ['a layer called __proto__', (d) => (layerNamed(d, 'stem').class_name = '__proto__'), /uses “__proto__”/],
  [
    'a layer called constructor',
    (d) => (layerNamed(d, 'stem').class_name = 'constructor'),
    /uses “constructor”/,
  ],
  [
    'control codes in a name',
    (d) => (layerNamed(d, 'stem').class_name = '\u001b[2J\u202eevil'),
    /^[^\p{Cc}\p{Cf}]*evil[^\p{Cc}\p{Cf}]*$/u,
  ],
  [
    'a network inside the network',
    (d) =>
      Object.assign(layerNamed(d, 'stem'), { class_name: 'Model', config: { name: 'inner', layers: [] } }),
    /uses “Model”/,
  ],
  [
    'two layers that read each other',
    (d) => (layerNamed(d, 'stem').inbound_nodes = [[['down0', 0, 0, {}]]]),
    /circle/,
  ],
  [
    'a layer that reads itself',
    (d) => (layerNamed(d, 'stem').inbound_nodes = [[['stem', 0, 0, {}]]]),
    /circle/,
  ],
  [
    'a layer that reads nothing known',
    (d) => (layerNamed(d, 'stem').inbound_nodes = [[['nobody', 0, 0, {}]]]),
    /reads “nobody”/,
  ],
  ['a layer without input', (d) => (layerNamed(d, 'stem').inbound_nodes = []), /“stem” has 0 inputs/],
  [
    'a layer called twice',
    (d) => layerNamed(d, 'stem').inbound_nodes.push([['joined', 0, 0, {}]]),
    /inbound_nodes/,
  ],
  [
    'two layers of one name',
    (d) => d.modelTopology.config.layers.push(layerNamed(d, 'stem')),
    /two layers are called/,
  ],
  ['a layer with two names', (d) => (layerNamed(d, 'stem').name = 'other'), /two names/],
  [
    'six hundred layers',
    (d) => (d.modelTopology.config.layers = Array<Layer>(600).fill(layerNamed(d, 'stem'))),
    /layers/,
  ],
  [
    'an answer of half the size',
    (d) => (d.modelTopology.config.output_layers = [['skip0', 0, 0]]),
    /same size/,
  ],
  [
    'an answer that is not there',
    (d) => (d.modelTopology.config.output_layers = [['nobody', 0, 0]]),
    /is not there/,
  ],
  ['an input that is not listed', (d) => d.modelTopology.config.input_layers.pop(), /list of inputs/],
  [
    'pictures of four channels',
    (d) => {
      layerNamed(d, 'noisy').config['batch_input_shape'] = [null, null, null, 4];
      layerNamed(d, 'correction').config['filters'] = 4;
    },
    /pictures of 4 channels/,
  ],
  [
    'a sum of four and three channels',
    (d) => (layerNamed(d, 'noisy').config['batch_input_shape'] = [null, null, null, 4]),
    /“denoised” joins what differs in size/,
  ],
  [
    'inputs without rank',
    (d) => (layerNamed(d, 'noisy').config['batch_input_shape'] = [null, 3]),
    /batch_input_shape/,
  ],
  [
    'sizes that do not meet',
    (d) =>
      (layerNamed(d, 'skip0').inbound_nodes = [
        [
          ['up1', 0, 0, {}],
          ['stem', 0, 0, {}],
        ],
      ]),
    /“skip0” joins what differs in size/,
  ],
  [
    'a skip from somewhere else',
    (d) => (layerNamed(d, 'skip0').inbound_nodes[0]![1] = ['stem', 0, 0, {}]),
    /joined otherwise than in the “unet” network/,
  ],
  [
    'a ReLU where ours has none',
    (d) => (layerNamed(d, 'stem').config['activation'] = 'relu'),
    /joined otherwise/,
  ],
  ['another format', (d) => (d.format = 'graph-model'), /format/],
  ['no topology', (d) => Object.assign(d, { modelTopology: undefined }), /“modelTopology” is missing/],
];

test.each(topologies)('a topology with %s is refused', async (_, change, reason) => {
  const folder = await savedModel();
  changeJson<Declared>(folder, 'model.json', change);
  expect(await refusalOf(folder)).toMatch(reason);
});

test('a network of many weights is refused by its numbers, whatever the file holds', async () => {
  const folder = await savedModel();
  changeJson<Declared>(folder, 'model.json', (declared) => {
    const layers = declared.modelTopology.config.layers;
    for (const { config } of layers) if ('filters' in config) config['filters'] = 2048;
  });
  expect(await refusalOf(folder)).toMatch(/more than 16777216 weights/);
});

test.each([
  [
    'costs too much',
    { width: 60, blocks: [32, 0, 0, 0, 32] },
    /multiply-adds for each pixel; at most 1000000/,
  ],
  ['looks too far', { width: 1, blocks: [0, 0, 16, 0, 0] }, /pixels away; at most 256/],
] as const)('M6: a network that %s is refused before it is tried', async (_what, shape, reason) => {
  const folder = await savedModel({ kind: 'unet', channels: 3, ...shape, blocks: [...shape.blocks] });
  expect(await refusalOf(folder)).toMatch(reason);
});

test('M6: those that can be asked for by name are far from the limits of what is tried', () => {
  for (const config of Object.values(namedNetworks)) {
    const { multiplyAdds, radius } = geometryOf(config);
    expect(multiplyAdds).toBeLessThan(1e6 / 3);
    expect(radius).toBeLessThan(256 / 2);
  }
});

test('a network that this app does not build is refused, with a card and without', async () => {
  const folder = await savedModel();
  changeJson<{ network: object }>(folder, 'card.json', (card) => {
    card.network = { kind: 'unet', channels: 3, width: 512, blocks: [32, 32, 32, 32, 32] };
  });
  expect(await refusalOf(folder)).toMatch(/“card.json” describes another network/);
  rmSync(join(folder, 'card.json'));
  const path = join(folder, 'model.json');
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"stem', '"trunk'));
  expect(await refusalOf(folder)).toMatch(/not one that this app builds/);
});

test.each([
  ['version', 2],
  ['id', '../../escape'],
  ['network', { kind: 'unet', channels: 3, width: 1e9, blocks: [1, 1, 1, 1, 1] }],
  ['weightsSha256', 'none'],
  ['metrics', 'good'],
])('a card with a bad %s is refused', async (key, value) => {
  const folder = await savedModel();
  changeJson(folder, 'card.json', (card) => Object.assign(card, { [key]: value }));
  expect(await refusalOf(folder)).toMatch(new RegExp(`in “card.json”, “${key}`));
});

test('a check that is stopped ends as stopped', async () => {
  const folder = await savedModel();
  await expect(checkModel({ folder }, { signal: AbortSignal.abort() })).rejects.toThrow(/aborted/);
});

test.each([
  ['topology-huge-filters', /filters.* \(2000000000\)/],
  ['weights-nan', /values that are not numbers/],
  ['weights-path-parent', /elsewhere than in its own folder/],
])('the hostile folder %s is refused within two seconds', async (name, reason) => {
  const started = performance.now();
  expect(await refusalOf(join(hostile, name))).toMatch(reason);
  expect(performance.now() - started).toBeLessThan(2000);
});

test('a sequence of layers that is sound, but not one of our networks, is refused as unknown', async () => {
  const folder = scratchFolder();
  cpSync(join(hostile, 'weights-nan'), folder, { recursive: true });
  const values = readFileSync(join(folder, 'weights.bin'));
  writeFileSync(join(folder, 'weights.bin'), values.fill(0));
  expect(await refusalOf(folder)).toMatch(/not one that this app builds/);
});

test('M19: a damaged byte anywhere in model.json ends in a refusal, or does no harm', async () => {
  const folder = await savedModel();
  const path = join(folder, 'model.json');
  const whole = readFileSync(path);
  const random = new Random(1);
  let refused = 0;
  for (let i = 0; i < 150; i++) {
    const damaged = Buffer.from(whole);
    damaged[random.below(whole.length)]! ^= 1 << random.below(8);
    writeFileSync(path, damaged);
    const answer: unknown = await checkModel({ folder }).catch((thrown: unknown) => thrown);
    if (answer instanceof Error) refused++;
    expect(answer).toMatchObject(answer instanceof Error ? { code: 'model-invalid' } : { network: tinyUnet });
  }
  expect(refused).toBeGreaterThan(100);
});
