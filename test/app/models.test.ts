import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { chooseDefault, fastEnough } from '../../app/models/default-model.ts';
import { failureOf, type Failure } from '../../contract/errors.ts';
import { refuser, writeParts } from '../../app/models/model-parts.ts';
import type { StoredModel } from '../../app/models/model-library.ts';
import { withLargeEnds } from '../security/raw-zip.ts';
import { cardOf, sha256, useWorkshop, type Workshop, writeModel } from './workshop.ts';

let enginePath: string;
let workshop: Workshop;
useWorkshop((made) => {
  ({ enginePath, workshop } = made);
});

const failure = (work: Promise<unknown>): Promise<Failure | null> =>
  work.then(
    () => null,
    (error: unknown) => failureOf(error),
  );

const own = (id: string) => join(workshop.home, 'models', id);
const api = () => workshop.app(enginePath).api;

/** Stored, not deflated, so that a test can change bytes in it. */
async function zip(entries: Record<string, string | Buffer>, mode = 0o100644): Promise<string> {
  const path = join(workshop.folder, `${Object.keys(entries).length}.zip`);
  const writer = new ZipFile();
  for (const [name, content] of Object.entries(entries)) {
    writer.addBuffer(Buffer.from(content), name, { mode, compress: false });
  }
  writer.end();
  await pipeline(writer.outputStream, createWriteStream(path));
  return path;
}

/** Changes bytes of a zip in place; a writer would refuse such names. */
async function changedInZip(path: string, from: string, to: string): Promise<void> {
  const bytes = await readFile(path);
  const text = bytes.toString('latin1').replaceAll(from, to);
  await writeFile(path, Buffer.from(text, 'latin1'));
}

const weights = Buffer.alloc(16, 3);
const parts = (json = '{}') => ({
  'model.json': json,
  'weights.bin': weights,
  'card.json': JSON.stringify(cardOf('theirs', { name: 'Night Sky', weightsSha256: sha256(weights) })),
});

describe('the list', () => {
  test('holds what ships and the person’s own, with one default, and leaves broken ones out', async () => {
    await writeModel(own('mine'), 'mine');
    await writeModel(own('broken'), 'broken');
    await writeFile(join(own('broken'), 'card.json'), '{"version":1}');
    await mkdir(own('empty'), { recursive: true });
    const models = await api().listModels({});
    expect(models.map(({ id, bundled, isDefault }) => [id, bundled, isDefault])).toEqual([
      ['gaussian-small', true, true],
      ['mine', false, false],
    ]);
    expect(models[1]?.bytes).toBeGreaterThan(16);
    await writeModel(join(workshop.root, 'model/pretrained/photo-small'), 'photo-small');
    const withPhotographs = await api().listModels({});
    expect(withPhotographs.map(({ id }) => id)).toEqual(['photo-small', 'gaussian-small', 'mine']);
    const { advice } = await api().diagnose({});
    expect(advice.filter((line) => JSON.stringify(line).includes(own('broken')))).toHaveLength(1);
    expect(advice.filter((line) => JSON.stringify(line).includes(own('empty')))).toHaveLength(1);
  });

  test('shows one by its id or as default, and names the others when it is not there', async () => {
    expect((await api().showModel({ model: 'default' })).id).toBe('gaussian-small');
    expect(await failure(api().showModel({ model: 'nobody' }))).toMatchObject({
      code: 'model-not-found',
      details: { known: 'gaussian-small' },
    });
  });

  test('without any model says how to get one', async () => {
    await rm(join(workshop.root, 'model'), { recursive: true });
    expect(await api().listModels({})).toEqual([]);
    const found = await failure(api().showModel({ model: 'default' }));
    expect(found?.message).toContain('unspeckle train');
  });
});

describe('the default', () => {
  const model = (id: string, bytes: number, bundled = true): StoredModel => ({
    id,
    name: id,
    bundled,
    folder: id,
    bytes,
    card: cardOf(id),
  });
  const all = [
    model('gaussian-large', 9),
    model('photo-medium', 5),
    model('photo-small', 2),
    model('x', 99, false),
  ];
  const fast = fastEnough * 2;
  const slow = fastEnough / 2;

  test.each([
    ['the largest for photographs that is fast enough', all, { 'photo-medium': fast }, 'photo-medium'],
    ['the smallest when the larger is too slow', all, { 'photo-medium': slow }, 'photo-small'],
    [
      'the one for Gaussian noise while there is none for photographs',
      [all[0]!, all[3]!],
      {},
      'gaussian-large',
    ],
    ['the person’s own when none ships', [all[3]!], {}, 'x'],
  ])('is %s', async (_what, models, speeds: Record<string, number>, expected) => {
    const found = await chooseDefault(models, null, ({ id }) => Promise.resolve(speeds[id] ?? null));
    expect(found).toMatchObject({ id: expected, isDefault: true });
  });

  test('is what the person chose, as long as it is there', async () => {
    const unknown = () => Promise.resolve(null);
    expect((await chooseDefault(all, 'x', unknown)).id).toBe('x');
    expect((await chooseDefault(all, 'gone', unknown)).id).toBe('photo-small');
  });

  test('is measured where there is a choice, and remembered', async () => {
    await writeModel(join(workshop.root, 'model/pretrained/gaussian-large'), 'gaussian-large', {
      bytes: 1000,
    });
    await workshop.picture('a.png');
    const plan = await api().planClean({ job: workshop.job({ name: '{model}' }) });
    expect(plan.pictures[0]?.stem).toBe('gaussian-large');
    await api().planClean({ job: workshop.job({ name: '{model}' }) });
    expect(workshop.choices()).toHaveLength(1);
  });
});

describe('export and import', () => {
  test('bring a model whole to another machine', async () => {
    const file = join(workshop.folder, 'model.zip');
    const written = await api().exportModel({ model: 'gaussian-small', file, overwrite: false });
    expect(written).toEqual({ file, bytes: (await stat(file)).size });
    expect(
      await failure(api().exportModel({ model: 'gaussian-small', file, overwrite: false })),
    ).toMatchObject({
      code: 'output-exists',
    });
    const first = await readFile(file);
    await api().exportModel({ model: 'gaussian-small', file, overwrite: true });
    expect((await readFile(file)).equals(first)).toBe(true);
    const imported = await api().importModel({ path: file, name: 'Second Home' });
    expect(imported).toMatchObject({
      id: 'second-home',
      name: 'Second Home',
      bundled: false,
      reducesNoise: true,
    });
    expect(await readFile(join(own('second-home'), 'weights.bin'))).toEqual(Buffer.alloc(16));
    expect(await readdir(join(workshop.home, 'models'))).toEqual(['second-home']);
  });

  test('write the network alone where the file’s name ends in .onnx', async () => {
    const file = join(workshop.folder, 'model.ONNX');
    const written = await api().exportModel({ model: 'gaussian-small', file, overwrite: false });
    expect(await readFile(file, 'utf8')).toBe('onnx of gaussian-small');
    expect(written).toEqual({ file, bytes: 'onnx of gaussian-small'.length });
  });

  test('take a folder, a zip, and a zip with a folder in it, under the name in the card', async () => {
    const folder = join(workshop.folder, 'given');
    await mkdir(folder);
    for (const [name, content] of Object.entries(parts())) await writeFile(join(folder, name), content);
    await writeFile(join(folder, 'readme.txt'), 'not taken');
    const first = await api().importModel({ path: folder, name: null });
    expect(first.id).toBe('night-sky');
    expect((await readdir(own('night-sky'))).sort()).toEqual(['card.json', 'model.json', 'weights.bin']);
    const nested = Object.fromEntries(
      Object.entries(parts()).map(([name, content]) => [`a/b/${name}`, content]),
    );
    expect((await api().importModel({ path: await zip(nested), name: 'nested' })).id).toBe('nested');
    expect(await failure(api().importModel({ path: folder, name: null }))).toMatchObject({
      code: 'model-exists',
    });
    // Who cannot give another name gets a number.
    const numbered = await api().importModel({ path: folder, name: null, numbered: true });
    expect([numbered.id, numbered.card.name]).toEqual(['night-sky-2', `${first.card.name} 2`]);
  });

  test('M18: take a model without a card, with what its check found, and one that is of no use, saying so', async () => {
    const { 'model.json': model, 'weights.bin': bytes } = parts('useless');
    const rest = { 'model.json': model, 'weights.bin': bytes };
    const imported = await api().importModel({ path: await zip(rest), name: 'Bare' });
    expect(imported).toMatchObject({
      id: 'bare',
      reducesNoise: false,
      card: { network: { kind: 'classic' } },
    });
  });

  test.each(['bad', 'hang', 'crash'])(
    'M17: refuse a model whose check ends in “%s” and keep nothing of it',
    async (how) => {
      const limits = { silentSeconds: 1, tickMs: 50 };
      const app = workshop.app(enginePath, { engineLimits: limits });
      const found = await failure(app.api.importModel({ path: await zip(parts(how)), name: null }));
      expect(found).toMatchObject({ code: 'model-invalid', details: { model: '3.zip' } });
      expect(await readdir(join(workshop.home, 'models'))).toEqual([]);
    },
  );

  test('M13, M14: refuse archives that lead elsewhere, lie, or are torn, and write nothing', async () => {
    const outside = await zip({ ...parts(), 'aa/model.json': 'x' });
    await changedInZip(outside, 'aa/model.json', '../model.json');
    const twice = await zip({ ...parts(), 'x/model.json': '{}', 'y/z.txt': '' });
    const link = await zip({ 'model.json': '/etc/passwd', 'weights.bin': '' }, 0o120777);
    const torn = join(workshop.folder, 'torn.zip');
    await writeFile(torn, (await readFile(await zip(parts()))).subarray(0, 200));
    const noWeights = await zip({ 'model.json': '{}' });
    const damaged = await zip({ ...parts(), 'a.txt': '', 'b.txt': '', 'c.txt': '', 'd.txt': '' });
    await changedInZip(damaged, '\x03'.repeat(16), '\x04'.repeat(16));
    const swapped = await zip({ ...parts(), 'weights.bin': 'others', 'a.txt': '', 'b.txt': '', 'c.txt': '' });
    expect((await failure(api().importModel({ path: swapped, name: 'x' })))?.code).toBe('model-invalid');
    await rm(join(workshop.state, 'pids'));
    const text = join(workshop.folder, 'text.zip');
    await writeFile(text, 'hello');
    const large = join(workshop.folder, 'large.zip');
    await writeFile(large, withLargeEnds(await readFile(await zip(parts())), { record: 2n ** 53n + 1n }));
    for (const path of [outside, twice, link, torn, noWeights, damaged, text, large]) {
      const found = await failure(api().importModel({ path, name: 'x' }));
      expect([path, found?.code]).toEqual([path, 'model-invalid']);
    }
    expect(await readdir(join(workshop.home, 'models'))).toEqual([]);
    expect(workshop.enginePids()).toEqual([]);
  });

  test('M14: leave out what only has the name of something that every object inherits', async () => {
    const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty'];
    const folder = join(workshop.folder, 'given');
    await mkdir(folder);
    const files = [...Object.entries(parts()), ...names.map((name) => [name, 'x'] as const)];
    for (const [name, content] of files) await writeFile(join(folder, name), content);
    const path = await zip(Object.fromEntries(files));
    for (const [from, name] of [[folder, 'one'], [path, 'two']] as const) {
      await api().importModel({ path: from, name });
      expect((await readdir(own(name))).sort()).toEqual(['card.json', 'model.json', 'weights.bin']);
    }
  }); // prettier-ignore

  test('S5: call a model what its card calls it, on one line, not too long, and in its order', async () => {
    const named = async (name: string) => {
      const card = JSON.parse(parts()['card.json']) as object;
      const path = await zip({ ...parts(), 'card.json': JSON.stringify({ ...card, name }) });
      const { id, name: shown } = await api().importModel({ path, name: null });
      return [id, shown];
    };
    expect(await named('a\u001b[2J\r\n\u202egnp')).toEqual(['a-2j-gnp', 'a [2J gnp']);
    expect(await named(`x${'y'.repeat(19_000)}`)).toEqual([`x${'y'.repeat(63)}`, `x${'y'.repeat(99)}`]);
    expect(await named('照片降噪')).toEqual(['model', '照片降噪']);
    expect(await named('模型')).toEqual(['model-2', '模型']);
    expect(await named('Default')).toEqual(['default-2', 'Default']);
    expect(await named('')).toEqual(['3', '3']);
    expect(await named('constructor')).toEqual(['constructor', 'constructor']);
    expect(await named('NUL')).toEqual(['nul-model', 'NUL']);
  });

  test('refuse folders with links and pipes in place of their files', async () => {
    const folder = join(workshop.folder, 'given');
    await mkdir(folder);
    await writeFile(join(folder, 'weights.bin'), '');
    await symlink('/etc/passwd', join(folder, 'model.json'));
    expect((await failure(api().importModel({ path: folder, name: 'x' })))?.code).toBe('model-invalid');
    await rm(join(folder, 'model.json'));
    execFileSync('mkfifo', [join(folder, 'model.json')]);
    expect((await failure(api().importModel({ path: folder, name: 'x' })))?.code).toBe('model-invalid');
    expect((await failure(api().importModel({ path: join(folder, 'gone'), name: 'x' })))?.code).toBe(
      'path-not-found',
    );
  });

  test('say of an ONNX file what to choose in its place', async () => {
    const path = join(workshop.folder, 'mine.ONNX');
    await writeFile(path, 'of another program');
    const found = await failure(api().importModel({ path, name: 'x' }));
    expect([found?.code, found?.message]).toEqual([
      'model-invalid',
      expect.stringContaining('choose the zip'),
    ]);
  });

  test('refuse names that are taken, protected or empty, before anything is copied', async () => {
    const path = await zip(parts());
    for (const [name, code] of [
      ['Gaussian small', 'model-protected'],
      ['???', 'argument-invalid'],
      ['default', 'argument-invalid'],
    ] as const) {
      expect((await failure(api().importModel({ path, name })))?.code).toBe(code);
    }
    expect(workshop.enginePids()).toEqual([]);
  });

  test('F5: clear up after an import that was killed', async () => {
    const left = join(workshop.home, 'models', '.import-4194300-0123abcd');
    await mkdir(left, { recursive: true });
    await api().importModel({ path: await zip(parts()), name: 'x' });
    expect(await readdir(join(workshop.home, 'models'))).toEqual(['x']);
  });
});

test('M2: of a part that grows while it is copied no more is taken than was announced', async () => {
  const grows = async function* () {
    await Promise.resolve();
    for (let at = 0; at < 10; at++) yield Buffer.alloc(1000);
  };
  const part = { name: 'weights.bin', bytes: 1500, open: () => Promise.resolve(grows()) };
  const copied = writeParts([part], workshop.folder, refuser('theirs'));
  expect(await failure(copied)).toMatchObject({ code: 'model-invalid', details: { model: 'theirs' } });
  expect((await stat(join(workshop.folder, 'weights.bin'))).size).toBeLessThanOrEqual(1500);
});

test('what an export that was killed left beside its file goes with the next one, what another is writing stays', async () => {
  const beside = (pid: number) => join(workshop.folder, `.m.export-${pid}-0123abcd.part`);
  for (const pid of [4194300, process.pid]) await writeFile(beside(pid), '');
  await api().exportModel({
    model: 'gaussian-small',
    file: join(workshop.folder, 'm.zip'),
    overwrite: false,
  });
  const parts = (await readdir(workshop.folder)).filter((name) => name.endsWith('.part'));
  expect(parts).toEqual([basename(beside(process.pid))]);
});

describe('an earlier model that a training was about to replace when it was killed', () => {
  const hidden = () => join(workshop.home, 'models', '.mine.old');

  test('F2: is there again under its name', async () => {
    await writeModel(hidden(), 'mine');
    expect((await api().listModels({})).map(({ id }) => id)).toContain('mine');
    expect(await readdir(join(workshop.home, 'models'))).toEqual(['mine']);
  });

  test('does not come back once the model that took its place was removed', async () => {
    await writeModel(own('mine'), 'mine');
    await writeModel(hidden(), 'mine');
    await api().removeModel({ model: 'mine' });
    expect((await api().listModels({})).map(({ id }) => id)).toEqual(['gaussian-small']);
  });
});

describe('removing', () => {
  test('moves a model to the trash of the app and never one that ships', async () => {
    await writeModel(own('mine'), 'mine');
    const { movedTo } = await api().removeModel({ model: 'mine' });
    expect((await readdir(movedTo)).sort()).toEqual(['card.json', 'model.json', 'weights.bin']);
    expect(movedTo.startsWith(join(workshop.home, 'trash'))).toBe(true);
    expect((await api().listModels({})).map(({ id }) => id)).toEqual(['gaussian-small']);
    expect((await failure(api().removeModel({ model: 'gaussian-small' })))?.code).toBe('model-protected');
    expect((await failure(api().removeModel({ model: 'mine' })))?.code).toBe('model-not-found');
  });
});
