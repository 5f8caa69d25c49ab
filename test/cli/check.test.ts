import { expect, test } from 'vitest';
import { namedNetworks } from '../../contract/network.ts';
import { phrase } from '../../contract/texts/fill-in.ts';
import type { SurveyFinding, TrainingSurvey } from '../../contract/train.ts';
import { fakeApp, trainingSurvey as survey } from './fake-app.ts';
import { run } from './harness.ts';
import { checkLine, checkLines } from './json-schemas.ts';

const finding = (
  weight: SurveyFinding['weight'],
  code: SurveyFinding['code'],
  count: number,
): SurveyFinding => ({
  code,
  weight,
  details: { count, side: 64 },
  files: Array.from({ length: count }, (_, i) => ({
    file: `/pictures/photos/${i}.png`,
    reason: phrase('seen-size', { width: 8, height: 8 }),
  })),
});

const check = (answer: TrainingSurvey, options: readonly string[] = []) =>
  run(['check', 'photos', ...options], {
    app: fakeApp({ surveyTraining: () => Promise.resolve(answer) }),
  });

test('a folder is looked at as a training with the same options would divide it', async () => {
  const { code, app, stdout } = await check(survey(), ['--pairs', '*_n,*_c', '--patch', '32', '--seed', '7']);
  expect(code).toBe(0);
  expect(app.requestOf('surveyTraining')).toEqual({
    folders: ['/pictures/photos'],
    pictures: { kind: 'pairs', noisy: '*_n', clean: '*_c' },
    network: namedNetworks['unet-small'],
    patch: 32,
    validationShare: 0.1,
    seed: 7,
  });
  expect(stdout.split('\n')).toEqual([
    'Pictures: 30, files: 30, looked at: 30. To learn from: 27, to judge by: 3.',
    'Shorter sides: 400 to 1200 pixels, most about 800.',
    'Bits a sample: 8 (28), 16 (2). Grey: 1, colour: 29. Noise factor: 0.020 (σ 5.1), the median.',
    'Nothing speaks against training on them.',
    '',
  ]);
});

test('what is wrong is said with what to do about it, and some of the files', async () => {
  const { code, stdout } = await check(survey({ findings: [finding('warn', 'too-small', 12)] }));
  expect(code).toBe(3);
  expect(stdout).toContain('mind: Smaller than a patch of 64 × 64 pixels, and left out: 12. Add larger ones');
  expect(stdout).toContain('    photos/9.png: 8×8 pixels\n    … and 2 more');
});

test('what stops a training answers 1, a note 0', async () => {
  expect((await check(survey({ findings: [finding('stop', 'too-few', 0)] }))).code).toBe(1);
  expect((await check(survey({ findings: [finding('note', 'mixed-depths', 0)] }))).code).toBe(0);
});

test('pairs are shown as they were matched, and a layout that matches more is proposed', async () => {
  const pairs = [{ noisy: '/pictures/photos/noisy/a.png', clean: '/pictures/photos/clean/a.png' }];
  const suggestedPairs = { noisy: 'noisy/*', clean: 'gt/*' };
  const { stdout } = await check(survey({ pairs, suggestedPairs }), ['--pairs', 'noisy/*,clean/*']);
  expect(stdout).toContain('photos/noisy/a.png ↔ photos/clean/a.png');
  expect(stdout).toContain('More would match with --pairs "noisy/*,gt/*".');
  const alone = await check(survey({ suggestedPairs }));
  expect(alone.stdout).toContain('They look like pairs. To train on them as such: --pairs "noisy/*,gt/*"');
  expect(alone.stdout).not.toContain('Nothing speaks against');
});

test('every line of --json has the form that is promised', async () => {
  const pairs = [{ noisy: '/a.png', clean: '/b.png' }];
  const { json } = await check(survey({ pairs, findings: [finding('warn', 'too-small', 2)] }), ['--json']);
  checkLines(checkLine, json());
  expect(json().map(({ type }) => type)).toEqual([
    'pair',
    'finding',
    'finding-file',
    'finding-file',
    'summary',
  ]);
  expect(json().at(-1)).toMatchObject({ training: 27, validation: 3, bits16: 2, exitCode: 3 });
});

test('kinds of pictures that exclude each other are refused', async () => {
  const { code, stderr } = await check(survey(), ['--pairs', '*_n,*_c', '--only-noisy']);
  expect(code).toBe(1);
  expect(stderr).toContain('--only-noisy: expected one of --pairs and --only-noisy, not both');
});
