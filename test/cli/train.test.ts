import { expect, test } from 'vitest';
import { AppError, failureOf } from '../../contract/errors.ts';
import { namedNetworks } from '../../contract/network.ts';
import { choicesOf } from '../../contract/recipes.ts';
import { trainingConfig, type TrainingConfig, type TrainingProgress } from '../../contract/train.ts';
import { verbatim } from '../../contract/texts/fill-in.ts';
import { fakeApp, jobId, playing, trainingOutcome, trainingProgress, trainingSurvey } from './fake-app.ts';
import { checkLines, errorSummary, trainingLine } from './json-schemas.ts';
import { run, type Settings } from './harness.ts';

const train = (options: readonly string[], settings?: Settings) =>
  run(['train', 'photos', '--name', 'My camera', ...options], settings);

const defaults = trainingConfig.parse({
  folders: ['/pictures/photos'],
  name: 'My camera',
  network: namedNetworks['unet-small'],
  length: { minutes: 30 },
});

test('without options, a small network is trained for half an hour', async () => {
  const { code, app } = await train([]);
  expect(code).toBe(0);
  expect(app.requestOf('startTraining').config).toEqual(defaults);
});

test.each<[string[], Partial<TrainingConfig>]>([
  [['--network', 'unet-large'], { network: namedNetworks['unet-large'] }],
  [['--network', 'classic'], { network: namedNetworks.classic, loss: 'mean-squared-error' }],
  [['--noise', 'gaussian:0.02-0.1'], { noise: [{ kind: 'gaussian', low: 0.02, high: 0.1 }] }],
  [['--noise', 'gaussian:0.2'], { noise: [{ kind: 'gaussian', low: 0.2, high: 0.2 }] }],
  [['--noise', 'poisson-gaussian:0.01-0.1+jpeg:30-95'], { noise: [{ kind: 'poisson-gaussian', low: 0.01, high: 0.1 }, { kind: 'jpeg', low: 30, high: 95 }] }],
  [['--pairs', 'noisy/*,clean/*'], { pictures: { kind: 'pairs', noisy: 'noisy/*', clean: 'clean/*' } }],
  [['--only-noisy'], { pictures: { kind: 'noisy' }, loss: 'mean-squared-error', wrongFactorShare: 0 }],
  [['--minutes', '0.5'], { length: { minutes: 0.5 } }],
  [['--steps', '200'], { length: { steps: 200 } }],
  [['--seed', '7'], { seed: 7 }],
  [['--batch', '4'], { batch: 4 }],
  [['--patch', '32'], { patch: 32 }],
  [['--learning-rate', '2e-4'], { learningRate: 2e-4 }],
  [['--loss', 'mean-squared-error'], { loss: 'mean-squared-error' }],
  [['--loss', 'charbonnier', '--end-loss', 'same'], { loss: 'charbonnier', endLoss: 'same' }],
  [['--network', 'classic', '--loss', 'mean-absolute-error'], { network: namedNetworks.classic, loss: 'mean-absolute-error' }],
  [['--validation-share', '0'], { validationShare: 0 }],
  [['--threads', '1'], { threads: 1 }],
  [['--augmentation', 'flips', '--schedule', 'constant', '--warm-up', '10'], { augmentation: 'flips', schedule: 'constant', warmUpSteps: 10 }],
  [['--clipped-share', '1', '--grey-share', '0', '--wrong-factor-share', '0'], { clippedShare: 1, greyShare: 0, wrongFactorShare: 0 }],
  [['--gradient-norm', '1', '--averaging', '0.9', '--validate-every', '50', '--cache', '64'], { gradientNorm: 1, averaging: 0.9, validateEvery: 50, cache: 64 * 2 ** 20 }],
])('%j becomes a choice of the training', async (options, changes) => {
  const { app } = await train(options);
  expect(app.requestOf('startTraining').config).toEqual({ ...defaults, ...changes });
}); // prettier-ignore

test('a training that starts from a model has that model’s network, and is taught gently', async () => {
  const { app } = await train(['--from', 'gaussian-small']);
  expect(app.requestOf('showModel')).toEqual({ model: 'gaussian-small' });
  expect(app.requestOf('startTraining').config).toEqual({
    ...defaults,
    from: 'gaussian-small',
    learningRate: 3e-4,
    warmUpSteps: 100,
  });
});

test('a recipe sets every choice and goes on from the default model; what is asked for beside it wins', async () => {
  const { app } = await train(['--recipe', 'night-camera', '--patch', '64', '--minutes', '5']);
  expect(app.requestOf('showModel')).toEqual({ model: 'default' });
  const { config, recipe } = app.requestOf('startTraining');
  const choices = choicesOf('night-camera', { network: defaults.network, noise: { trained: '' } });
  const asked = { from: 'gaussian-small', patch: 64, length: { minutes: 5 } };
  expect(config).toEqual(trainingConfig.parse({ ...defaults, ...choices, ...asked }));
  expect(recipe).toBe('night-camera');
});

test('what microscopes give goes on from the model for even noise', async () => {
  const { app } = await train(['--recipe', 'microscope', '--no-check']);
  expect(app.requestOf('showModel')).toEqual({ model: 'gaussian-small' });
  const pictures = { kind: 'noisy' };
  expect(app.requestOf('startTraining').config).toMatchObject({
    from: 'gaussian-small',
    pictures,
    length: { minutes: 20 },
  });
});

test('a recipe with a network of one’s own begins from nothing, and asks for no model', async () => {
  const { app } = await train(['--recipe', 'old-jpegs', '--network', 'unet-medium', '--no-check']);
  expect(app.calls.map(({ method }) => method)).toEqual(['startTraining']);
  const network = namedNetworks['unet-medium'];
  expect(app.requestOf('startTraining').config).toMatchObject({ from: null, network });
});

test('the pictures are looked at first, as the training will divide them, and what is wrong with them is told', async () => {
  const files = Array.from({ length: 5 }, (_, i) => ({
    file: `/pictures/photos/${i}.png`,
    reason: verbatim('flat'),
  }));
  const finding = { code: 'too-flat', weight: 'warn', details: { count: 5 }, files } as const;
  const looking = () =>
    fakeApp({ surveyTraining: () => Promise.resolve(trainingSurvey({ findings: [finding] })) });
  const { app, code, stdout, stderr } = await train(['--patch', '32', '--only-noisy'], { app: looking() });
  expect(code).toBe(0);
  expect(app.calls.map(({ method }) => method)).toEqual(['surveyTraining', 'startTraining']);
  expect(app.requestOf('surveyTraining')).toEqual({
    folders: ['/pictures/photos'],
    pictures: { kind: 'noisy' },
    network: defaults.network,
    patch: 32,
    validationShare: 0.1,
    seed: 0,
  });
  expect(stderr).toContain('mind: Nothing but one tone, or nothing but noise: 5.');
  expect(stderr).toContain('photos/2.png: flat\n    … and 2 more');
  expect(stdout).not.toContain('mind:');
  const script = await train(['--json'], { app: looking() });
  checkLines(trainingLine, script.json());
  expect(script.json().filter(({ type }) => type === 'finding-file')).toHaveLength(5);
});

test('what is to be looked at, where it goes, and the wish to go on are passed on', async () => {
  const { app } = await train(['--resume', '--preview', 'looks', '--pin', 'a.png', '--pin', '/b.tif']);
  expect(app.calls.map(({ method }) => method)).toEqual(['startTraining']);
  expect(app.requestOf('startTraining')).toMatchObject({
    resume: true,
    preview: '/pictures/looks',
    pinned: [
      { file: '/pictures/a.png', page: 0 },
      { file: '/b.tif', page: 0 },
    ],
  });
});

test('the network of the model it starts from may be named, another one is refused', async () => {
  const same = await train(['--from', 'gaussian-small', '--network', 'unet-small']);
  expect(same.app.requestOf('startTraining').config).toMatchObject({
    from: 'gaussian-small',
    network: defaults.network,
  });
  const other = await train(['--from', 'gaussian-small', '--network', 'classic']);
  expect(other.code).toBe(1);
  expect(other.stderr).toContain('--network: expected unet-small, the network of the model “gaussian-small”');
  expect(other.app.calls.map(({ method }) => method)).toEqual(['showModel']);
});

test('a model to start from that is not there ends it before it begins', async () => {
  const { code, stderr, app } = await train(['--from', 'absent']);
  expect(code).toBe(1);
  expect(stderr).toContain('There is no model “absent”');
  expect(app.calls.map(({ method }) => method)).toEqual(['showModel']);
});

test.each<[string[], string]>([
  [
    ['--network', 'resnet'],
    '--network: expected classic, unet-slim, unet-small, unet-medium, unet-large, got “resnet”',
  ],
  [
    ['--noise', 'pepper:0-1'],
    '--noise: expected gaussian, poisson-gaussian, speckle, salt-and-pepper, correlated, jpeg:LOW-HIGH',
  ],
  [['--noise', 'gaussian:0.3-0.1'], '--noise: expected gaussian:LOW-HIGH with 0 ≤ LOW ≤ HIGH ≤ 1, got'],
  [
    ['--noise', 'gaussian:0.1+jpeg:0-90'],
    '--noise: expected jpeg:LOW-HIGH with 1 ≤ LOW ≤ HIGH ≤ 100, whole numbers',
  ],
  [['--pairs', 'noisy'], '--pairs: expected two patterns such as noisy/*,clean/*'],
  [['--pairs', 'a/*,b/*,c/*'], '--pairs: expected two patterns'],
  [
    ['--pairs', '*_a,*_b', '--only-noisy'],
    '--only-noisy: expected one of --pairs and --only-noisy, not both',
  ],
  [
    ['--noise', 'gaussian:0.1', '--only-noisy'],
    '--only-noisy: expected one of --noise and --only-noisy, not both',
  ],
  [['--minutes', '0'], '--minutes: expected a number above 0, got “0”'],
  [['--steps', '0'], '--steps: expected a whole number from 1'],
  [['--steps', '10', '--minutes', '1'], '--steps: expected one of --minutes and --steps, not both'],
  [['--seed', '-1'], '--seed: expected a whole number from 0'],
  [['--batch', '0'], '--batch: expected a whole number from 1 to 1024'],
  [['--patch', '4'], '--patch: expected a whole number from 8 to 1024'],
  [['--learning-rate', '0'], '--learning-rate: expected a number above 0'],
  [['--validation-share', '0.9'], '--validation-share: expected a number from 0 to 0.5'],
  [['--recipe', 'sunset'], '--recipe: expected night-camera, film-scans,'],
  [
    ['--pin', 'a', '--pin', 'b', '--pin', 'c', '--pin', 'd', '--pin', 'e'],
    '--pin: expected to be given at most 4 times, got “e”',
  ],
  [['--threads', 'all'], '--threads: expected a whole number from 0 to 256'],
  [['--name', ' '], '--name: expected a name of 1 to 100 characters'],
])('%j is refused', async (options, message) => {
  const { code, stderr, app } = await train(options);
  expect(code).toBe(1);
  expect(stderr).toContain(`unspeckle: ${message}`);
  expect(app.calls).toEqual([]);
});

test('a model needs a name, and a training pictures', async () => {
  expect((await run(['train', 'photos'])).stderr).toContain("required option '--name <NAME>' not specified");
  expect((await run(['train', '--name', 'x'])).stderr).toContain("missing required argument 'folders'");
});

const validated = trainingProgress({
  validation: { step: 500, psnr: 29.876, noisyPsnr: 20.2, best: true },
});

const telling = (outcome = trainingOutcome()) =>
  fakeApp((emit) => ({
    startTraining: playing(emit, [
      { type: 'training', jobId, progress: trainingProgress({ step: 100 }) },
      { type: 'engine-restarted', jobId, reason: verbatim('killed') },
      { type: 'training', jobId, progress: validated },
      { type: 'summary', jobId, summary: { kind: 'train', outcome } },
    ]),
  }));

test('a person reads loss, PSNR, speed and time left, and at the end how to use the model', async () => {
  const { stdout, stderr } = await train([], {
    app: telling(
      trainingOutcome({ leftOut: [{ file: '/pictures/photos/x.svg', reason: verbatim('not a picture') }] }),
    ),
  });
  expect(stdout.split('\n')).toEqual([
    'step 100/1000  loss 0.03120  5.50 steps/s  1 min 31 s left',
    'step 500/1000  loss 0.03120  PSNR 29.88 dB (noisy 20.20 dB) best so far  5.50 steps/s  1 min 31 s left',
    'The model “my-camera” is ready after 1000 steps and 3 min 00 s, trained on 12 pictures.',
    'Validation: 20.20 dB noisy, 30.50 dB cleaned (PSNR, higher is better).',
    'Model: /home/person/.unspeckle/models/my-camera',
    'Use it: unspeckle clean PICTURES --model my-camera',
    '',
  ]);
  expect(stderr).toContain('The engine was restarted (killed)');
  expect(stderr).toContain('left out: photos/x.svg: not a picture');
});

test('a checkpoint that could not be written, and where a training was taken up, are said', async () => {
  const failure = failureOf(new AppError('disk-full', { path: '/models' }));
  const resumed = { step: 400, validations: [], broken: [], changed: [] };
  const { stderr } = await train([], {
    app: fakeApp((emit) => ({
      startTraining: playing(emit, [
        { type: 'training', jobId, progress: trainingProgress({ step: 500, resumed }) },
        { type: 'training', jobId, progress: trainingProgress({ checkpoint: { step: 600, failure } }) },
        { type: 'summary', jobId, summary: { kind: 'train', outcome: trainingOutcome() } },
      ]),
    })),
  });
  expect(stderr).toContain('Going on from step 400.');
  expect(stderr).toContain(
    'No checkpoint could be written at step 600: The disk that holds “/models” is full.',
  );
});

test('a training that ended early has kept its best, says why, and answers as a batch that failed in part', async () => {
  const endedBy = failureOf(new AppError('training-diverged', { step: 70, learningRate: 1 }));
  const last = { folder: '/models/my-camera/last', step: 70, psnr: 20 };
  const { code, stdout, stderr } = await train([], { app: telling(trainingOutcome({ endedBy, last })) });
  expect(code).toBe(3);
  expect(stderr).toContain(
    'Ended early: Training stopped at step 70: the loss is no longer a number. Try a lower',
  );
  expect(stdout).toContain('The last weights (step 70) are in /models/my-camera/last');
});

test('how it is getting on is said when that changes, and what is to be beaten once', async () => {
  const at = (step: number, verdict: TrainingProgress['verdict']) => ({
    type: 'training' as const,
    jobId,
    progress: trainingProgress({
      step,
      verdict,
      validation: { step, psnr: 30, noisyPsnr: 20.2, blurPsnr: 25.5, best: true },
    }),
  });
  const { stderr } = await train([], {
    app: fakeApp((emit) => ({
      startTraining: playing(emit, [
        { type: 'training-begun', jobId, begun: { training: 9, validation: 1, leftOut: 0, pinned: [] } },
        at(100, { code: 'learning' }),
        at(200, { code: 'learning' }),
        at(300, { code: 'stopped-improving', since: 200 }),
        { type: 'summary', jobId, summary: { kind: 'train', outcome: trainingOutcome() } },
      ]),
    })),
  });
  expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('['))).toEqual([
    'Pictures to learn from: 9, to judge by: 1.',
    'To beat: 20.20 dB, the noisy pictures as they are; 25.50 dB, blurred.',
    'It is learning.',
    'It has stopped improving since step 200. It may be stopped; the best is kept.',
  ]);
});

test('a model it starts from is the first line to beat, and the gain over it is told at the end', async () => {
  const lines = { noisyPsnr: 20.2, blurPsnr: 25.5, startPsnr: 30.1 };
  const start = { step: 0, psnr: 30.1, ...lines, best: true };
  const told = (psnr: number, ...more: string[]) =>
    train(['--from', 'gaussian-small', ...more], {
      app: fakeApp((emit) => ({
        startTraining: playing(emit, [
          { type: 'training', jobId, progress: trainingProgress({ step: 1, validation: null, start }) },
          {
            type: 'summary',
            jobId,
            summary: {
              kind: 'train',
              outcome: trainingOutcome({ validation: { step: 10, psnr, ...lines, best: true } }),
            },
          },
        ]),
      })),
    });
  const better = await told(30.5);
  expect(better.stderr).toContain(
    'To beat: 30.10 dB, the model it starts from; 20.20 dB, the noisy pictures as they are; 25.50 dB, blurred.',
  );
  expect(better.stdout).toContain(
    'Validation: 20.20 dB noisy, 30.10 dB by the model it started from, 30.50 dB cleaned',
  );
  expect(better.stdout).toContain('0.40 dB better than the model it started from.');
  const same = await told(30.11);
  expect(same.stdout).toContain('It is no better than the model it started from; keep using that.');
  const behind = await told(25.2, '--only-noisy');
  expect(behind.stdout).toContain(
    'Validation at hidden pixels, which are noisy themselves: 20.20 dB by a neighbour',
  );
  expect(behind.stdout).toContain('A plain blur does better (25.50 dB). Train longer.');
});

test('a model that makes pictures worse is said to', async () => {
  const { stdout } = await train([], {
    app: telling(trainingOutcome({ validation: { step: 10, psnr: 12, noisyPsnr: 20.2, best: true } })),
  });
  expect(stdout).toContain('does not improve on the noisy pictures yet');
});

test('on a terminal, the bar has the step, the loss, the last PSNR and the time left', async () => {
  const { stderr } = await train([], {
    terminal: true,
    app: fakeApp((emit) => ({
      startTraining: () => {
        setImmediate(() => emit({ type: 'training', jobId, progress: validated }));
        setTimeout(() => {
          emit({ type: 'summary', jobId, summary: { kind: 'train', outcome: trainingOutcome() } });
        }, 500);
        return Promise.resolve({ jobId });
      },
    })),
  });
  const line = '[====----] 500/1000  1 min 31 s left  loss 0.03120  PSNR 29.88  5.50 steps/s';
  expect(stderr).toContain(line);
  expect(line.length).toBeLessThanOrEqual(80);
});

test('every line of --json has the form that is promised', async () => {
  const { code, json } = await train(['--json'], {
    app: telling(
      trainingOutcome({ leftOut: [{ file: '/pictures/photos/x.svg', reason: verbatim('not a picture') }] }),
    ),
  });
  expect(code).toBe(3);
  checkLines(trainingLine, json());
  expect(json().map(({ type }) => type)).toEqual([
    'training',
    'engine-restarted',
    'training',
    'left-out',
    'summary',
  ]);
  expect(json()[2]).toMatchObject({ step: 500, psnr: 29.876, noisyPsnr: 20.2, startPsnr: null, best: true });
  expect(json().at(-1)).toMatchObject({ model: 'my-camera', psnr: 30.5, leftOut: 1, exitCode: 3 });
});

test('where training is not possible, it says what is missing and how to get it', async () => {
  const { code, json, stderr } = await train(['--json'], {
    app: fakeApp({
      startTraining: () =>
        Promise.reject(new AppError('training-unavailable', { reason: verbatim('no compiler') })),
    }),
  });
  expect(code).toBe(1);
  expect(stderr).toContain(
    'Training needs native TensorFlow, or WebAssembly in its place: no compiler. “npm run setup” says',
  );
  checkLines(errorSummary, json());
});
