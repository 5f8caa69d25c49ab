import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { changeJson, changeWeights } from '../fixtures/models/model-folders.ts';
import { rawZip, withLargeEnds, type RawEntry } from './raw-zip.ts';

/** Models of a stranger, made by changing a good one. Every one must be refused. */

export interface HostileModel {
  /** Row of the matrix. */
  readonly id: string;
  readonly what: string;
  /**
   * Makes it in an empty folder, from the good model.
   * @returns the path to import
   */
  readonly make: (folder: string, good: string) => string;
}

interface Declared {
  format: string;
  modelTopology: { class_name: string; config: { layers: Layer[]; output_layers: unknown[] } };
  weightsManifest: {
    paths: string[];
    weights: { name: string; shape: number[]; dtype: string; quantization?: object }[];
  }[];
}
interface Layer {
  name: string;
  class_name: string;
  config: Record<string, unknown>;
  inbound_nodes: [string, number, number, object][][];
}

function copyOf(folder: string, good: string): string {
  const model = join(folder, 'model');
  cpSync(good, model, { recursive: true });
  return model;
}

/** A change that changes nothing would be accepted, and rightly. */
function mustDiffer(what: string, before: string, after: string): void {
  if (before === after) throw new Error(`the good model was not changed: ${what}`);
}

const layer = (declared: Declared, name: string): Layer =>
  declared.modelTopology.config.layers.find((one) => one.name === name)!;

/** A good model whose declaration was changed. */
const declared = (id: string, what: string, change: (declared: Declared) => void): HostileModel => ({
  id,
  what,
  make: (folder, good) => {
    const model = copyOf(folder, good);
    const before = readFileSync(join(model, 'model.json'), 'utf8');
    changeJson<Declared>(model, 'model.json', change);
    mustDiffer(what, before, readFileSync(join(model, 'model.json'), 'utf8'));
    return model;
  },
});

/** A good model one of whose files was replaced. */
const replaced = (
  id: string,
  what: string,
  file: string,
  content: (before: Buffer) => Buffer | string,
): HostileModel => ({
  id,
  what,
  make: (folder, good) => {
    const model = copyOf(folder, good);
    const before = readFileSync(join(model, file));
    const after = content(before);
    mustDiffer(what, String(before), String(after));
    writeFileSync(join(model, file), after);
    return model;
  },
});

const inFolder = (id: string, what: string, change: (model: string) => void): HostileModel => ({
  id,
  what,
  make: (folder, good) => {
    const model = copyOf(folder, good);
    change(model);
    return model;
  },
});

const card = (what: string, change: (card: Record<string, unknown>) => void): HostileModel =>
  inFolder('M15', what, (model) => changeJson(model, 'card.json', change));

/** A zip of the good model, to which entries were added or whose entries were changed. */
const zipped = (id: string, what: string, entries: (good: RawEntry[]) => RawEntry[]): HostileModel => ({
  id,
  what,
  make: (folder, good) => {
    const files = ['model.json', 'weights.bin', 'card.json'];
    const parts = files.map((name) => ({ name, data: readFileSync(join(good, name)) }));
    const file = join(folder, 'model.zip');
    writeFileSync(file, rawZip(entries(parts)));
    return file;
  },
});

/** A zip of the good model that is said to be a large one. */
const largeZip = (what: string, ends: { record?: bigint; directory?: bigint }): HostileModel => ({
  id: 'M14',
  what,
  make: (folder, good) => {
    const files = ['model.json', 'weights.bin', 'card.json'];
    const parts = files.map((name) => ({ name, data: readFileSync(join(good, name)) }));
    const file = join(folder, 'model.zip');
    writeFileSync(file, withLargeEnds(rawZip(parts), ends));
    return file;
  },
});

/** So many values one after the other, as JSON. */
const many = (count: number, value: string): string => Array<string>(count).fill(value).join(',');

const foreign = (what: string, name: string, content: Buffer | string): HostileModel => ({
  id: 'M16',
  what,
  make: (folder) => {
    const file = join(folder, name);
    writeFileSync(file, content);
    return file;
  },
});

/** An opcode string that runs a command where it is unpickled. */
const pickle = (mark: string): Buffer =>
  Buffer.from(`\x80\x04cposix\nsystem\n(S'touch ${mark}'\ntR.`, 'latin1');

export const pickleMark = 'pickled-mark';

export const hostileModels: readonly HostileModel[] = [
  // Sizes, before anything is read.
  inFolder('M2', 'weights of a sparse 5 GB', (model) =>
    truncateSync(join(model, 'weights.bin'), 5 * 2 ** 30),
  ),
  inFolder('M2', 'a model.json of a sparse 5 GB', (model) =>
    truncateSync(join(model, 'model.json'), 5 * 2 ** 30),
  ),
  replaced('M2', 'a model.json of 5 MB', 'model.json', (before) =>
    Buffer.concat([before, Buffer.alloc(5 * 2 ** 20, ' ')]),
  ),
  replaced('M2', 'a card.json of 2 MB', 'card.json', (before) =>
    Buffer.concat([before, Buffer.alloc(2 * 2 ** 20, ' ')]),
  ),
  inFolder('M2', 'a folder of 1,500 files', (model) => {
    for (let at = 0; at < 1500; at++) writeFileSync(join(model, `file-${at}`), '');
  }),
  { id: 'M2', what: 'an archive of a sparse 10 GB', make: (folder) => {
    writeFileSync(join(folder, 'model.zip'), '');
    truncateSync(join(folder, 'model.zip'), 10 * 2 ** 30);
    return join(folder, 'model.zip');
  } }, // prettier-ignore

  // JSON.
  replaced('M3', 'JSON a hundred thousand levels deep', 'model.json', () => '[{"a":'.repeat(100_000)),
  replaced('M3', 'a card a hundred thousand levels deep', 'card.json', () => '['.repeat(100_000)),
  replaced('M3', 'JSON that ends early', 'model.json', (before) => before.subarray(0, before.length / 2)),
  replaced('M3', 'bytes that are no text', 'model.json', () => Buffer.of(0x7b, 0xff, 0xfe, 0x7d)),
  replaced('M3', 'a list, a number, nothing', 'model.json', () => '[null]'),
  replaced('M3', 'an empty file', 'model.json', () => ''),
  replaced('M3', 'numbers beyond all bounds', 'model.json', (before) =>
    before.toString().replace(/"filters":\d+/, '"filters":1e999'),
  ),
  replaced('M3', 'the name __proto__', 'model.json', (before) =>
    before.toString().replace(/\}\s*$/, ',"__proto__":{"polluted":true}}'),
  ),
  replaced('M3', 'the name __proto__ in escapes, in the card', 'card.json', (before) =>
    before.toString().replace(/\}\s*$/, ',"x":{"\\u005f_proto__":{"polluted":true}}}'),
  ),

  // So many values that what is wrong with each would fill the memory.
  replaced('M3', 'a million weights that are none', 'model.json', (before) =>
    before.toString().replace(/"weights":\[/, `"weights":[${many(1_300_000, '{}')},`),
  ),
  replaced('M3', 'a list of 300,000 wrong words', 'model.json', (before) =>
    before.toString().replace(/"kernel_initializer":\{.*?\}\}/, () => {
      const words = Array.from({ length: 300_000 }, (_, at) => `"${at}":[]`);
      return `"kernel_initializer":{"class_name":"x","config":{${words.join(',')}}}`;
    }),
  ),
  replaced('M3', 'a card of 300,000 measurements that are none', 'card.json', (before) =>
    before.toString().replace(/"metrics": *\[/, `"metrics":[${many(330_000, '{}')},{}`),
  ),

  // Layers.
  ...['Lambda', 'TFOpLambda', 'constructor', '__proto__', 'Model', 'GaussianNoise', 'evil>Layer'].map(
    (name) => declared('M4', `a layer of the class ${name}`, (d) => (layer(d, 'stem').class_name = name)),
  ),
  declared('M4', 'a function with marshalled code', (d) => {
    layer(d, 'stem').config['function'] = ['4wEAAAAAAAAAAAAAAAEAAAACAAAAQwAAAHM=', null, null];
  }),
  declared('M4', 'a word that is not known', (d) => Object.assign(d, { trainingConfig: { loss: 'x' } })),
  declared('M4', 'a graph model', (d) => (d.format = 'graph-model')),

  // Circles.
  declared('M5', 'two layers that read each other', (d) => {
    layer(d, 'stem').inbound_nodes = [[['down0', 0, 0, {}]]];
  }),
  declared('M5', 'a layer that reads itself', (d) => {
    layer(d, 'stem').inbound_nodes = [[['stem', 0, 0, {}]]];
  }),
  declared('M5', 'a circle of five hundred layers', (d) => {
    const { config } = d.modelTopology;
    const ring = Array.from({ length: 500 }, (_, at): Layer => ({
      name: `ring${at}`,
      class_name: 'Add',
      config: { name: `ring${at}` },
      inbound_nodes: [
        [
          [`ring${(at + 1) % 500}`, 0, 0, {}],
          [`ring${(at + 2) % 500}`, 0, 0, {}],
        ],
      ],
    }));
    config.layers = [...config.layers.slice(0, 10), ...ring];
  }),
  declared('M5', 'a tower whose every layer reads the one below twice', (d) => {
    const tower = Array.from({ length: 300 }, (_, at): Layer => {
      const below = at === 0 ? 'noisy' : `tower${at - 1}`;
      return {
        name: `tower${at}`,
        class_name: 'Concatenate',
        config: { name: `tower${at}`, axis: -1 },
        inbound_nodes: [[[below, 0, 0, {}], [below, 0, 0, {}]]],
      };
    }); // prettier-ignore
    d.modelTopology.config.layers.push(...tower);
  }),

  // Declared sizes.
  ...[2e9, -1, 0, 1.5, '12', null].map((filters) =>
    declared(
      'M6',
      `${JSON.stringify(filters)} filters`,
      (d) => (layer(d, 'stem').config['filters'] = filters),
    ),
  ),
  declared('M6', 'more than 16 million weights', (d) => {
    for (const { config } of d.modelTopology.config.layers) if ('filters' in config) config['filters'] = 2048;
  }),
  declared('M6', 'a kernel of a thousand', (d) => (layer(d, 'stem').config['kernel_size'] = [1001, 1001])),
  declared('M6', 'a shape of 10⁹ × 10⁹', (d) => (d.weightsManifest[0]!.weights[0]!.shape = [1e9, 1e9, 1, 1])),
  declared('M6', 'a thousand layers', (d) => {
    d.modelTopology.config.layers = Array<Layer>(1000).fill(layer(d, 'stem'));
  }),

  // What goes in and comes out.
  declared('M7', 'a stride that halves the picture', (d) => {
    d.modelTopology.config.output_layers = [['skip0', 0, 0]];
  }),
  declared('M7', 'pictures of four channels', (d) => {
    layer(d, 'noisy').config['batch_input_shape'] = [null, null, null, 4];
    layer(d, 'correction').config['filters'] = 4;
  }),
  ...[[null, 3], [null, null, null, null, 3], [null, -1, -1, 3], [null, 1e9, 1e9, 3]].map((shape) =>
    declared('M7', `pictures of the shape ${JSON.stringify(shape)}`, (d) => {
      layer(d, 'noisy').config['batch_input_shape'] = shape;
    }),
  ), // prettier-ignore

  // Types of numbers.
  ...['int32', 'string', 'complex64', 'bool'].map((dtype) =>
    declared('M8', `weights of the type ${dtype}`, (d) => (d.weightsManifest[0]!.weights[0]!.dtype = dtype)),
  ),
  replaced('M8', 'an infinite scale of quantisation', 'model.json', (before) =>
    before
      .toString()
      .replace(
        /"dtype":"float32"\}/,
        '"dtype":"float32","quantization":{"dtype":"uint8","min":0,"scale":1e999}}',
      ),
  ),
  declared('M8', 'a quantisation by nothing', (d) => {
    Object.assign(d.weightsManifest[0]!.weights[0]!, { quantization: { dtype: 'uint8', min: 0, scale: 0 } });
  }),

  declared('M8', 'half precision with the bytes of whole', (d) => {
    for (const weight of d.weightsManifest[0]!.weights) weight.quantization = { dtype: 'float16' };
  }),
  {
    id: 'M12',
    what: 'numbers of half precision that are none',
    make: (folder, good) => {
      const model = copyOf(folder, good);
      const { length } = readFileSync(join(model, 'weights.bin'));
      changeJson<Declared>(model, 'model.json', (d) => {
        for (const weight of d.weightsManifest[0]!.weights) weight.quantization = { dtype: 'float16' };
      });
      writeFileSync(join(model, 'weights.bin'), Buffer.alloc(length / 2, Buffer.of(0, 0x7e)));
      return model;
    },
  },

  // Names of files.
  ...[
    '../../../../../../etc/passwd',
    '/etc/passwd',
    '/dev/zero',
    'C:\\Windows\\win.ini',
    '\\\\server\\share\\weights.bin',
    'file:///etc/passwd',
    'http://192.0.2.1/weights.bin',
    'sub/weights.bin',
    'a\0b',
    'card.json',
    '__proto__',
    '',
  ].map((path) =>
    declared('M9', `weights at ${JSON.stringify(path)}`, (d) => (d.weightsManifest[0]!.paths = [path])),
  ),
  declared('M9', 'weights in two files', (d) => {
    d.weightsManifest[0]!.paths = ['weights.bin', '../../../../etc/passwd'];
  }),

  // What is no file.
  ...['model.json', 'weights.bin', 'card.json'].flatMap((file) => [
    inFolder('M10', `${file} as a link to /etc/passwd`, (model) => {
      rmSync(join(model, file));
      symlinkSync('/etc/passwd', join(model, file));
    }),
    inFolder('M10', `${file} as a link to /dev/zero`, (model) => {
      rmSync(join(model, file));
      symlinkSync('/dev/zero', join(model, file));
    }),
    inFolder('M10', `${file} as a pipe`, (model) => {
      rmSync(join(model, file));
      execFileSync('mkfifo', [join(model, file)]);
    }),
    inFolder('M10', `${file} as a folder`, (model) => {
      rmSync(join(model, file));
      mkdirSync(join(model, file));
    }),
  ]),
  inFolder('M10', 'a link in a circle', (model) => {
    rmSync(join(model, 'model.json'));
    symlinkSync('model.json', join(model, 'model.json'));
  }),
  { id: 'M10', what: 'a pipe instead of a model', make: (folder) => {
    execFileSync('mkfifo', [join(folder, 'model.zip')]);
    return join(folder, 'model.zip');
  } }, // prettier-ignore
  { id: 'M10', what: 'a device instead of a model', make: () => '/dev/zero' },

  // Lengths.
  ...[-4, -1, 1, 4, 1000].map((more) =>
    inFolder('M11', `weights that are ${more} bytes longer than declared`, (model) => {
      const file = join(model, 'weights.bin');
      truncateSync(file, readFileSync(file).length + more);
    }),
  ),
  inFolder('M11', 'no weights', (model) => rmSync(join(model, 'weights.bin'))),
  replaced('M11', 'empty weights', 'weights.bin', () => ''),
  declared('M11', 'a weight that is listed twice', (d) => {
    d.weightsManifest[0]!.weights.push(d.weightsManifest[0]!.weights[0]!);
  }),

  // Values.
  ...[NaN, Infinity, -Infinity].map((value) =>
    inFolder('M12', `a weight of ${value}`, (model) =>
      changeWeights(model, (values) => values.with(7, value)),
    ),
  ),
  inFolder('M12', 'weights whose answer is beyond all numbers', (model) =>
    changeWeights(model, (values) => values.fill(1e38)),
  ),

  // Archives that lead elsewhere.
  ...['../escaped.json', '../../../../../../tmp/escaped/model.json', '/tmp/escaped/model.json', '..\\..\\model.json', 'C:/model.json', 'a/../../model.json'].map((name) =>
    zipped('M13', `an entry ${JSON.stringify(name)}`, (good) => [...good, { name, data: Buffer.from('{}') }]),
  ), // prettier-ignore
  zipped('M13', 'a link to /etc/passwd as model.json', ([, weights]) => [
    { name: 'model.json', data: Buffer.from('/etc/passwd'), mode: 0o120777 },
    weights!,
  ]),
  zipped('M13', 'a device as weights.bin', ([model, weights]) => [model!, { ...weights!, mode: 0o020666 }]),

  // Archives that are larger than they say.
  zipped('M14', '64 KB that say they are 16 bytes', ([model]) => [
    model!,
    { name: 'weights.bin', data: Buffer.alloc(2 ** 16), saidSize: 16 },
  ]),
  zipped('M14', 'weights that cannot be unpacked', ([model, weights]) => [
    model!,
    { ...weights!, packed: Buffer.alloc(5000, 0xff) },
  ]),
  zipped('M14', 'weights of 1 GB of nothing', ([model]) => [
    model!,
    { name: 'weights.bin', data: Buffer.alloc(2 ** 30) },
  ]),
  zipped('M14', '1 GB that says it is 16 bytes', ([model]) => [
    model!,
    { name: 'weights.bin', data: Buffer.alloc(2 ** 30), saidSize: 16 },
  ]),
  zipped('M14', 'a part that says it has 4 GB', ([model, weights]) => [
    model!,
    { ...weights!, saidSize: 0xfffffffe },
  ]),
  zipped('M14', 'one file of 64 MB under a thousand names', (good) => {
    const data = Buffer.alloc(64 * 2 ** 20);
    const big = { name: 'a/weights.bin', data };
    return [...good.slice(0, 1), big, ...Array.from({ length: 998 }, (_, at) => ({ ...big, name: `${at}/weights.bin`, data: Buffer.alloc(0), crc: 0, sameAs: 1 }))];
  }), // prettier-ignore
  { id: 'M14', what: '60,000 entries', make: (folder, good) => {
    const entry = { name: 'x', data: Buffer.alloc(0), method: 0 };
    const first = { name: 'model.json', data: readFileSync(join(good, 'model.json')) };
    writeFileSync(join(folder, 'model.zip'), rawZip([first, ...Array.from({ length: 60_000 }, () => entry)]));
    return join(folder, 'model.zip');
  } }, // prettier-ignore
  { id: 'M14', what: 'a directory that says it holds 5 and holds 3,000', make: (folder) => {
    const entry = { name: 'model.json', data: Buffer.alloc(0), method: 0 };
    writeFileSync(join(folder, 'model.zip'), rawZip(Array.from({ length: 3000 }, () => entry), 5));
    return join(folder, 'model.zip');
  } }, // prettier-ignore
  zipped('M14', 'a part that is there twice', ([model, weights]) => [model!, weights!, { ...model!, name: 'x/model.json' }]), // prettier-ignore
  zipped('M14', 'a part that was damaged on the way', ([model, weights]) => [
    model!,
    { ...weights!, crc: 1 },
  ]),
  zipped('M14', 'a way of packing that nobody knows', ([model, weights]) => [
    model!,
    { ...weights!, method: 99 },
  ]),
  zipped('M14', 'a part that is encrypted', ([model, weights]) => [model!, { ...weights!, flags: 1 }]),
  { id: 'M14', what: 'an archive that ends early', make: (folder, good) => {
    const whole = rawZip([{ name: 'model.json', data: readFileSync(join(good, 'model.json')) }]);
    writeFileSync(join(folder, 'model.zip'), whole.subarray(0, whole.length - 30));
    return join(folder, 'model.zip');
  } }, // prettier-ignore

  largeZip('a record of its directory beyond all files', { record: 2n ** 53n + 1n }),
  largeZip('a directory beyond all files', { directory: 2n ** 63n }),
  { id: 'M14', what: 'a card of 110 MB that hold nothing', make: (folder, good) => {
    const parts = ['model.json', 'weights.bin'].map((name) => ({ name, data: readFileSync(join(good, name)) }));
    const packed = Buffer.alloc(110e6, Buffer.of(0, 0, 0, 0xff, 0xff)); // empty blocks of deflate
    writeFileSync(join(folder, 'model.zip'), rawZip([...parts, { name: 'card.json', data: Buffer.alloc(0), packed }]));
    return join(folder, 'model.zip');
  } }, // prettier-ignore
  zipped('M14', 'a name of 65,000 letters that leads elsewhere', (good) => [
    ...good,
    { name: `../${'a'.repeat(65_000)}`, data: Buffer.alloc(0) },
  ]),

  // Cards.
  card('thousands of measurements', (c) => {
    const one = { pictures: 1, clipped: false, psnr: 30, ssim: 1, noisyPsnr: 20, noisySsim: 0 };
    c['metrics'] = Array.from({ length: 5000 }, (_, at) => ({
      ...one,
      set: `set ${at}`,
      noiseFactor: at / 5000,
    }));
  }),
  card('depths of bits for pages', (c) => {
    const range = { low: 0, high: 1 };
    const seen = { grey: false, colour: false, error: null, bitDepths: Array<number>(40_000).fill(32) };
    c['familiar'] = { sides: range, noiseFactors: range, ...seen };
  }),
  card('an id that leads elsewhere', (c) => (c['id'] = '../../escape')),
  card('a text of a million characters', (c) => (c['purpose'] = 'x'.repeat(900_000))),
  card('a noise factor beyond 1', (c) => Object.assign(c['noise'] as object, { largest: 1e9 })),
  card(
    'another network',
    (c) => (c['network'] = { kind: 'unet', channels: 3, width: 1e9, blocks: [1, 1, 1, 1, 1] }),
  ),
  card('weights of somebody else', (c) => (c['weightsSha256'] = '0'.repeat(64))),
  card('a version of the future', (c) => (c['version'] = 2)),

  // What is no model of this kind.
  foreign('a text', 'model.zip', 'hello'),
  foreign('an empty file', 'model.zip', ''),
  foreign('a picture', 'model.png', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')),
  foreign('a pickle that runs a command', 'model.pt', pickle(pickleMark)),
  foreign(
    'PyTorch’s zip with a pickle',
    'model.pth',
    rawZip([{ name: 'archive/data.pkl', data: pickle(pickleMark) }]),
  ),
  foreign('Keras’s zip', 'model.keras', rawZip([{ name: 'config.json', data: Buffer.from('{"class_name":"Functional"}') }, { name: 'model.weights.h5', data: Buffer.from('\x89HDF\r\n\x1a\n', 'latin1') }])), // prettier-ignore
  foreign('Keras’s HDF5', 'model.h5', Buffer.from('\x89HDF\r\n\x1a\n\0\0\0\0', 'latin1')),
  foreign('ONNX', 'model.onnx', Buffer.from([8, 7, 18, 4, 116, 101, 115, 116])),
  foreign(
    'a safetensors file that says it is 2⁶³ long',
    'model.safetensors',
    Buffer.from([255, 255, 255, 255, 255, 255, 255, 127, 123, 125]),
  ),
  { id: 'M16', what: 'an empty folder', make: (folder) => folder },
  { id: 'M16', what: 'TensorFlow’s SavedModel', make: (folder) => {
    mkdirSync(join(folder, 'variables'));
    writeFileSync(join(folder, 'saved_model.pb'), Buffer.from([8, 1]));
    return folder;
  } }, // prettier-ignore
  { id: 'M16', what: 'nothing under that name', make: (folder) => join(folder, 'missing.zip') },
];
