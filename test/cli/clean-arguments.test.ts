import { expect, test } from 'vitest';
import type { CleanSettings } from '../../contract/clean.ts';
import { checkLines, errorSummary } from './json-schemas.ts';
import { run } from './harness.ts';

const defaults: CleanSettings = {
  model: 'default',
  noiseFactor: 'auto',
  strength: 1,
  format: 'same',
  quality: 95,
  bitDepth: 'same',
  name: '{name}_denoised',
  onConflict: 'rename',
  metadata: 'all',
  salvage: false,
  backend: 'auto',
  threads: 0,
  memory: 0,
};

test('without options, a batch has the settings of the contract and writes beside its sources', async () => {
  const { app, code } = await run(['clean', 'a.png', 'sub', '/else/b.jpg']);
  expect(code).toBe(0);
  expect(app.requestOf('startClean')).toEqual({
    job: {
      kind: 'clean',
      inputs: ['/pictures/a.png', '/pictures/sub', '/else/b.jpg'],
      out: null,
      settings: defaults,
    },
    resume: false,
  });
});

test.each<[string[], Partial<CleanSettings>]>([
  [['--model', 'scans'], { model: 'scans' }],
  [['--noise-factor', '0.1'], { noiseFactor: 0.1 }],
  [['--noise-factor=auto'], { noiseFactor: 'auto' }],
  [['--strength', '0'], { strength: 0 }],
  [['--colour-strength', '.25'], { colourStrength: 0.25 }],
  [['--format', 'tiff'], { format: 'tiff' }],
  [['--quality', '80'], { quality: 80 }],
  [['--bit-depth', '16'], { bitDepth: 16 }],
  [['--bit-depth', 'same'], { bitDepth: 'same' }],
  [['--name', '{parent}-{name} {factor}'], { name: '{parent}-{name} {factor}' }],
  [['--on-conflict', 'skip'], { onConflict: 'skip' }],
  [['--metadata', 'copyright'], { metadata: 'copyright' }],
  [['--salvage'], { salvage: true }],
  [['--backend', 'wasm'], { backend: 'wasm' }],
  [['--threads', '3'], { threads: 3 }],
])('%j becomes a setting of the job', async (options, settings) => {
  const { app } = await run(['clean', 'a.png', ...options]);
  expect(app.requestOf('startClean').job.settings).toEqual({ ...defaults, ...settings });
});

test('the folder of the results is taken from where the person is', async () => {
  const { app } = await run(['clean', 'a.png', '--out', '../results', '--resume'], { cwd: '/home/person' });
  const { job, resume } = app.requestOf('startClean');
  expect(job.out).toBe('/home/results');
  expect(resume).toBe(true);
});

test('names that begin with a dash come after two dashes', async () => {
  const { app } = await run(['clean', '--strength', '0.5', '--', '-x.png', '--json']);
  expect(app.requestOf('startClean').job.inputs).toEqual(['/pictures/-x.png', '/pictures/--json']);
});

const longName = 'x'.repeat(201);

test.each<[string[], string, string, string]>([
  [['--noise-factor', '25'], '--noise-factor', 'auto, or a number from 0 to 1', '“25”'],
  [['--noise-factor', '0,1'], '--noise-factor', 'a number from 0 to 1', '“0,1”'],
  [['--noise-factor', '-0.1'], '--noise-factor', 'a number from 0 to 1', '“-0.1”'],
  [['--noise-factor', ''], '--noise-factor', 'a number from 0 to 1', '“”'],
  [['--noise-factor', 'NaN'], '--noise-factor', 'a number from 0 to 1', '“NaN”'],
  [['--strength', '1.5'], '--strength', 'a number from 0 to 1', '“1.5”'],
  [['--colour-strength', 'much'], '--colour-strength', 'a number from 0 to 1', '“much”'],
  [['--format', 'heic'], '--format', 'same, png, jpeg, tiff, webp, avif', '“heic”'],
  [['--quality', '0'], '--quality', 'a whole number from 1 to 100', '“0”'],
  [['--quality', '9.5'], '--quality', 'a whole number from 1 to 100', '“9.5”'],
  [['--bit-depth', '12'], '--bit-depth', 'same, 8, 16', '“12”'],
  [['--name', '../{name}'], '--name', 'without slashes', '“../{name}”'],
  [['--name', '{nam}'], '--name', '{parent}', '“{nam}”'],
  [['--name', ''], '--name', 'a file name', '“”'],
  [['--name', longName], '--name', 'up to 200 characters', longName],
  [['--on-conflict', 'ask'], '--on-conflict', 'rename, skip, overwrite', '“ask”'],
  [['--metadata', 'some'], '--metadata', 'all, copyright, none', '“some”'],
  [['--backend', 'cuda'], '--backend', 'auto, tensorflow, onnx, wasm', '“cuda”'],
  [['--threads', '-1'], '--threads', 'a whole number from 0 to 256', '“-1”'],
  [['--threads', '1e1'], '--threads', 'a whole number from 0 to 256', '“1e1”'],
  [['--out', ''], '--out', 'a path', '“”'],
  [['--model', ''], '--model', 'some text', '“”'],
  [['--report', ''], '--report', 'a path', '“”'],
  [['--dry-run', '--resume'], '--resume', 'left out where --dry-run is given', 'got both'],
])(
  '%j is refused with parameter, expectation and what came',
  async (options, parameter, expected, received) => {
    const { code, stderr, stdout, app } = await run(['clean', 'a.png', ...options]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(`unspeckle: ${parameter}: expected`);
    expect(stderr).toContain(expected);
    expect(stderr).toContain(received);
    expect(stderr).toContain('unspeckle clean --help');
    expect(app.calls).toEqual([]);
  },
);

test.each<[string[], string]>([
  [['clean'], "missing required argument 'paths'"],
  [['clean', 'a.png', '--quallity', '3'], "unknown option '--quallity' (Did you mean --quality?)"],
  [['clean', 'a.png', '--quality'], "option '--quality <N>' argument missing"],
  [['claen', 'a.png'], "unknown command 'claen' (Did you mean clean?)"],
  [['clean', ''], 'paths: expected a path, got “”'],
  [['run'], "missing required argument 'report'"],
  [['run', 'a.json', 'b.json'], 'too many arguments'],
])('%j is refused in words', async (argv, message) => {
  const { code, stderr, app } = await run(argv);
  expect(code).toBe(1);
  expect(stderr).toContain(`unspeckle: ${message}`);
  expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
  expect(app.calls).toEqual([]);
});

test.each(['clean', 'train', 'check', 'run', 'estimate', 'evaluate', 'models', 'bench', 'doctor', 'demo'])(
  'a mistake in %s is answered with where its own options are explained',
  async (command) => {
    const { code, stderr } = await run([command, '--no-such-option']);
    expect(code).toBe(1);
    expect(stderr).toContain(`“unspeckle ${command} --help” explains the options.`);
  },
);

test('an option that is not known cannot act on the terminal', async () => {
  const { stderr } = await run(['clean', 'a.png', '--\u001b[2J\u202e']);
  expect(stderr).toContain(String.raw`--\x1b[2J\u{202e}`);
});

test.each([[['clean', 'a.png', '--json', '--strength', '2']], [['clean', '--json']]])(
  'with --json, %j also ends in a summary that says what was wrong',
  async (argv) => {
    const { code, json } = await run(argv);
    expect(code).toBe(1);
    checkLines(errorSummary, json());
    expect(json()[0]).toMatchObject({ code: 'argument-invalid', exitCode: 1 });
  },
);

test.each([
  'clean',
  'train',
  'run',
  'estimate',
  'evaluate',
  'models',
  'models list',
  'models show',
  'models export',
  'models import',
  'models remove',
  'bench',
  'doctor',
  'demo',
])('%s --help explains itself on standard output', async (command) => {
  const { code, stdout, stderr, app } = await run([...command.split(' '), '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain(`Usage: unspeckle ${command}`);
  expect(stderr).toBe('');
  expect(app.calls).toEqual([]);
});

test('the help of clean gives examples, units, promises and exit codes', async () => {
  const { stdout } = await run(['clean', '--help']);
  for (const part of [
    'Examples:',
    '0.1 is about σ 25',
    'never written to',
    'Exit codes: 0',
    '--colour-strength',
  ]) {
    expect(stdout).toContain(part);
  }
});

test('without a command, the help is shown and the exit code is 1', async () => {
  const { code, stderr } = await run([]);
  expect(code).toBe(1);
  expect(stderr).toContain('Usage: unspeckle');
});

test('the version is the package’s', async () => {
  const { code, stdout } = await run(['--version']);
  expect([code, stdout]).toEqual([0, '9.8.7\n']);
});

test('an output folder that is named like a picture, or is a file, is asked back', async () => {
  for (const out of ['photo.jpg', 'new name.TIFF', import.meta.filename]) {
    const { code, stderr } = await run(['clean', 'a.png', '--out', out]);
    expect(code).toBe(1);
    expect(stderr).toContain('--name');
  }
});
