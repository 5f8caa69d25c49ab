import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Browser } from '../../../app/window/browse.ts';
import { GrantedPlaces } from '../../../app/window/granted-places.ts';
import { Uploads } from '../../../app/window/uploads.ts';
import { placesIn } from '../../../app/places.ts';
import { codeOf, pngSignature, sha256, useWorkshop, type Workshop } from '../workshop.ts';
import { FakeHost, TestWindow } from './window-bench.ts';

let workshop: Workshop;
let enginePath: string;
useWorkshop((made) => ({ workshop, enginePath } = made));

describe('looking into folders', () => {
  const browser = () => new Browser(new GrantedPlaces(), workshop.pictures);

  test('begins where it ended, also after a restart; where that is gone, at home', async () => {
    await workshop.picture('sub/x.png');
    const memory = join(workshop.folder, 'cache', 'browsed.json');
    const begin = () => new Browser(new GrantedPlaces(), workshop.pictures, memory);
    const first = begin();
    const home = await first.list({ place: null, show: 'pictures' });
    expect(home.label).toBe(workshop.pictures);
    await first.list({ place: home.places[0]!.id, show: 'pictures' });
    const sub = join(workshop.pictures, 'sub');
    expect((await begin().list({ place: null, show: 'pictures' })).label).toBe(sub);
    await rm(sub, { recursive: true });
    expect((await begin().list({ place: null, show: 'pictures' })).label).toBe(workshop.pictures);
  });

  test('shows folders, then what is asked for, in the order of people, nothing hidden', async () => {
    for (const name of ['img10.png', 'img2.jpg', '.hidden.png', 'notes.txt', 'sub/x.png'])
      await workshop.picture(name);
    await writeFile(join(workshop.pictures, 'model.zip'), 'x');
    await mkdir(join(workshop.pictures, '.secret'));
    await symlink('/nowhere', join(workshop.pictures, 'dead.png'));
    const look = browser();
    const shown = async (show: 'folders' | 'pictures' | 'models') =>
      (await look.list({ place: null, show })).places.map(({ name, kind }) => `${kind} ${name}`);
    expect(await shown('folders')).toEqual(['folder sub']);
    expect(await shown('pictures')).toEqual(['folder sub', 'file img2.jpg', 'file img10.png']);
    expect(await shown('models')).toEqual(['folder sub', 'file model.zip']);
  });

  test('begins among the pictures of the person, and then where it was last', async () => {
    await workshop.picture('Pictures/Trip/x.png');
    const look = browser();
    const first = await look.list({ place: null, show: 'pictures' });
    expect(first.here.name).toBe('Pictures');
    await look.list({ place: first.places[0]?.id ?? '', show: 'pictures' });
    expect((await look.list({ place: null, show: 'folders' })).here.name).toBe('Trip');
  });

  test('goes up and down by ids it gave out, and by no others', async () => {
    await workshop.picture('sub/x.png');
    const look = browser();
    const home = await look.list({ place: null, show: 'pictures' });
    expect([home.label, home.roots[0]?.id]).toEqual([workshop.pictures, home.here.id]);
    const sub = await look.list({ place: home.places[0]?.id ?? '', show: 'pictures' });
    expect([sub.here.name, sub.parent?.id]).toEqual(['sub', home.here.id]);
    const [file] = sub.places;
    for (const place of [file?.id ?? '', '/etc', 'p1', '../..', workshop.folder]) {
      expect(await codeOf(look.list({ place, show: 'pictures' })), place).toBe('place-not-found');
    }
    const root = await look.list({ place: home.roots[1]?.id ?? '', show: 'folders' });
    expect([root.label, root.parent]).toEqual(['/', null]);
  });

  test('tells how many pictures lie in a folder also where none are shown', async () => {
    for (const name of ['a.png', 'b.JPG', 'raw.nef', 'notes.txt', 'sub/c.png']) await workshop.picture(name);
    const look = browser();
    const folders = await look.list({ place: null, show: 'folders' });
    expect([folders.pictures, folders.places.map(({ name }) => name)]).toEqual([3, ['sub']]);
    expect((await look.list({ place: null, show: 'pictures' })).pictures).toBe(3);
  });

  test('makes folders under safe names inside the place', async () => {
    await workshop.picture('x.png');
    const look = browser();
    const { here } = await look.list({ place: null, show: 'folders' });
    const made = await look.makeFolder({ place: here.id, name: '../out' });
    expect(made.name).toBe('.._out');
    expect((await look.makeFolder({ place: here.id, name: '../out' })).id).toBe(made.id);
    expect(await readdir(workshop.folder)).not.toContain('out');
    expect(await codeOf(look.makeFolder({ place: here.id, name: 'x.png' }))).toBe('output-unwritable');
  });
});

test('a window adds what it browsed to, and sends results where it browsed to', async () => {
  await workshop.picture('Trip/a.png');
  const window = new TestWindow(workshop.app(enginePath), new FakeHost(false));
  const above = async (label: string): Promise<string> => {
    // Down from the root: ids are the only way.
    let listing = await window.call('browse', { place: null, show: 'folders' });
    let place = listing.roots.find(({ name }) => name === '/')?.id ?? '';
    for (const part of label.split('/').filter(Boolean)) {
      listing = await window.call('browse', { place, show: 'folders' });
      place = listing.places.find(({ name }) => name === part)?.id ?? '';
    }
    return place;
  };
  const trip = await above(join(workshop.pictures, 'Trip'));
  expect(await window.call('addPlaces', { places: [trip] })).toEqual({ added: 1 });
  const folder = await above(workshop.folder);
  const { id } = await window.call('makeFolder', { place: folder, name: 'out' });
  await window.call('setOutputFolder', { place: id });
  expect((await window.call('readSettings', {})).batch.out).toBe(workshop.out);
  expect(await window.try('addPlaces', { places: ['/etc'] })).toMatchObject({ code: 'place-not-found' });
  await window.add();
  await window.clean();
  expect(workshop.results()).toEqual(['a_denoised.png']);
  await window.call('setOutputFolder', { place: null });
  expect((await window.call('readSettings', {})).batch.out).toBeNull();
});

test('where the system has pickers, a window looks into no folder', async () => {
  const window = new TestWindow(workshop.app(enginePath));
  expect(await window.try('browse', { place: null, show: 'pictures' })).toMatchObject({
    code: 'request-invalid',
  });
  expect(await window.try('makeFolder', { place: 'p1', name: 'x' })).toMatchObject({
    code: 'request-invalid',
  });
});

function streamOf(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      chunks.forEach((chunk) => controller.enqueue(chunk));
      controller.close();
    },
  });
}

const png = (text = ''): Uint8Array => Buffer.concat([pngSignature, Buffer.from(text)]);

describe('uploads', () => {
  test('become rows with their tree; results lie with the app and can be downloaded', async () => {
    const window = new TestWindow(workshop.app(enginePath));
    const send = (path: string, text = '') => window.app.addUpload(path, streamOf(png(text)));
    expect(await send('Trip/deep/süß "1".png')).toEqual({ ok: true, value: { added: 1, place: null } });
    expect(await send('Trip/deep/süß "1".png')).toEqual({ ok: true, value: { added: 0, place: null } });
    expect(await send('../../../etc/x.png')).toMatchObject({ value: { added: 1 } });
    await send('x.png', 'wait 1\n');
    await window.add();
    const folders = window.all.map(({ folder, name }) => `${folder}/${name}`);
    expect(folders).toEqual(['Trip/deep/süß _1_.png', 'etc/x.png', '/x.png']);
    await window.clean();
    expect(Object.values(window.statesOf())).toEqual(['done', 'done']);
    expect(window.batch.counts.done).toBe(3);
    const results = Object.keys(workshop.listing(join(workshop.home, 'results'))).map((name) =>
      name.split('/').slice(1).join('/'),
    );
    expect(results).toEqual(['Trip/deep/süß _1__denoised.png', 'etc/x_denoised.png', 'x_denoised.png']);
    const row = window.row('süß _1_.png');
    const response = await window.app.fetch(new Request(`http://h/output/${row.id}`));
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="s__ _1__denoised.png"; filename*=UTF-8''s%C3%BC%C3%9F%20_1__denoised.png`,
    );
    const body = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get('content-length')).toBe(String(body.length));
    expect(body.toString('latin1')).toContain('cleaned');
    const [batch] = await window.call('listBatches', {});
    const finished = batch?.rows.find(({ name }) => name === row.name);
    const again = await window.app.fetch(new Request(`http://h/output/${finished?.row}`));
    expect(sha256(Buffer.from(await again.arrayBuffer()))).toBe(sha256(body));
  });

  test('are named after the folder they were dropped with, and after none of the app’s own', async () => {
    const window = new TestWindow(workshop.app(enginePath));
    await window.call('changeSettings', { batch: { name: '{name} in {parent}' } });
    for (const path of ['lone.png', 'Trip/a.png']) {
      await window.app.addUpload(path, streamOf(png(`wait ${path.length}\n`)));
    }
    await window.add();
    expect((await window.call('readSettings', {})).exampleName).toBe('lone in.png');
    await window.clean();
    expect([window.row('lone.png').output, window.row('a.png').output]).toEqual([
      'lone in.png',
      'a in Trip.png',
    ]);
  });

  test('are spoken of by the names they were dropped with', async () => {
    const window = new TestWindow(workshop.app(enginePath));
    await window.app.addUpload('Trip/bad.png', streamOf(png('fail image-damaged')));
    await window.app.addUpload('good.png', streamOf(png()));
    await window.add();
    await window.clean();
    const [batch] = await window.call('listBatches', {});
    const shown = [window.row('bad.png'), window.row('good.png'), batch?.rows];
    expect(JSON.stringify(shown)).not.toContain(join(workshop.home, 'uploads'));
    expect(window.row('bad.png')).toMatchObject({ uploaded: true, problem: { code: 'image-damaged' } });
    expect(window.row('bad.png').problem?.details['file']).toBe('Trip/bad.png');
    expect(batch?.rows.find(({ name }) => name === 'bad.png')?.folder).toBe('Trip');
    expect(batch?.folders).toHaveLength(1);
  });

  test('S14: are private, go with their rows, and stay where another folder was chosen for results', async () => {
    const window = new TestWindow(workshop.app(enginePath));
    window.host.picks.folder = workshop.out;
    await window.call('chooseOutputFolder', {});
    await window.app.addUpload('Trip/a.png', streamOf(png()));
    await window.add();
    await window.clean();
    expect(workshop.results()).toEqual(['a_denoised.png']);
    const uploads = join(workshop.home, 'uploads');
    expect((await stat(uploads)).mode & 0o077).toBe(0);
    expect(Object.keys(workshop.listing(uploads))).toHaveLength(1);
    await window.call('removeRows', { rows: 'all' });
    expect(Object.keys(workshop.listing(uploads))).toHaveLength(0);
  });

  test('are taken again while their rows are still being removed', async () => {
    const window = new TestWindow(workshop.app(enginePath));
    const send = () => window.app.addUpload('a.png', streamOf(png('close-wait 1500\n')));
    await send();
    await window.add();
    await window.call('openView', { row: window.row('a.png').id });
    const removed = window.call('removeRows', { rows: 'all' });
    expect(await send()).toMatchObject({ value: { added: 1 } });
    await removed;
    await window.add();
    expect(window.row('a.png')).toMatchObject({ state: 'ready', uploaded: true });
    expect(Object.values(workshop.listing(join(workshop.home, 'uploads')))).toHaveLength(1);
  });

  test('that are sent again in the moment of their removal are there, or are not told to be', async () => {
    const uploads = new Uploads(placesIn(workshop.home));
    for (let round = 0; round < 120; round++) {
      const { path } = await uploads.keep('a.png', streamOf(png()));
      let told = false;
      const again = uploads.keep('a.png', streamOf(png())).then((kept) => {
        told = true;
        return kept;
      });
      // A moment later each time: before, while and after it gets its name.
      const until = performance.now() + round / 30;
      while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
      const toldBefore = told;
      await uploads.forget([path]);
      const kept = await again;
      const there = await stat(kept.path).catch(() => null);
      // Who was told of it before it was removed has removed it; who is told after that has it.
      expect([round, there !== null]).toEqual([round, !toldBefore || kept.path !== path]);
      await uploads.forget([kept.path]);
    }
  });

  test('of one name that arrive together are all kept', async () => {
    const window = new TestWindow(workshop.app(enginePath));
    const texts = Array.from({ length: 12 }, (_, index) => `wait ${index}\n`);
    const sent = await Promise.all(texts.map((text) => window.app.addUpload('a.png', streamOf(png(text)))));
    expect(sent.map((reply) => reply.ok && reply.value.added)).toEqual(texts.map(() => 1));
    const kept = Object.values(workshop.listing(join(workshop.home, 'uploads')));
    expect(kept.sort()).toEqual(texts.map((text) => sha256(Buffer.from(png(text)))).sort());
    await window.add();
  });

  test.each([1.6e12, NaN, -5, 1e300])(
    'have the time of their last change, where the page says one (%f)',
    async (said) => {
      const before = Date.now() - 2000;
      const uploads = new Uploads(placesIn(workshop.home));
      const { path, modifiedMs } = await uploads.keep('a.png', streamOf(png()), said);
      const { mtimeMs } = await stat(path);
      expect(modifiedMs).toBe(mtimeMs);
      if (said === 1.6e12) expect(mtimeMs).toBe(said);
      else expect(mtimeMs).toBeGreaterThan(before);
    },
  );

  test('that fill the disk end with a clear failure and leave nothing', async () => {
    const uploads = new Uploads(placesIn(workshop.home), () => Promise.resolve(1000));
    expect(await codeOf(uploads.keep('a.png', streamOf(png())))).toBe('disk-full');
    expect(Object.keys(workshop.listing(join(workshop.home, 'uploads')))).toEqual([]);
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('the connection broke'));
      },
    });
    const kept = new Uploads(placesIn(workshop.home));
    await expect(kept.keep('a.png', broken)).rejects.toThrow('the connection broke');
    expect(Object.keys(workshop.listing(join(workshop.home, 'uploads')))).toEqual([]);
    for (const path of ['', '/', '..', 'a/'.repeat(40) + 'b.png']) {
      expect(await codeOf(kept.keep(path, streamOf(png()))), path).toBe('argument-invalid');
    }
  });

  test('of earlier days are removed unless a batch waits for them', async () => {
    const old = join(workshop.home, 'uploads/2020-01-01-aa');
    const needed = join(workshop.home, 'uploads/2020-01-01-bb');
    const recent = join(workshop.home, 'uploads/2020-01-01-cc');
    for (const folder of [old, needed, recent]) await mkdir(folder, { recursive: true });
    for (const folder of [old, needed]) await utimes(folder, 1, 1);
    await new Uploads(placesIn(workshop.home)).prune([join(needed, 'a.png')]);
    expect(await readdir(join(workshop.home, 'uploads'))).toEqual(['2020-01-01-bb', '2020-01-01-cc']);
  });

  test('F8, P18: of a program that still runs stay, however old they are by the clock', async () => {
    const running = new Uploads(placesIn(workshop.home));
    const { path } = await running.keep('a.png', streamOf(png()));
    const dead = join(workshop.home, 'uploads/2020-01-01-4194300-0123abcd');
    await mkdir(dead);
    for (const folder of [join(path, '..'), dead]) await utimes(folder, 1, 1);
    await new Uploads(placesIn(workshop.home)).prune([]);
    expect((await readFile(path)).equals(png())).toBe(true);
    expect(await readdir(join(workshop.home, 'uploads'))).toEqual([basename(join(path, '..'))]);
  });

  test('that were never cleaned go when the app closes; those of a stopped batch and of a report stay', async () => {
    const app = workshop.app(enginePath);
    const window = new TestWindow(app);
    for (const name of ['a.png', 'b.png', 'c.png']) {
      await window.app.addUpload(name, streamOf(png(name === 'a.png' ? '' : 'wait 3000\n')));
    }
    await window.add();
    await window.clean([window.row('a.png').id]);
    await window.call('startBatch', { rows: [window.row('b.png').id] });
    await window.call('stopBatch', {});
    await window.finished();
    await app.close();
    const left = Object.keys(workshop.listing(join(workshop.home, 'uploads'))).map((path) => basename(path));
    expect(left.sort()).toEqual(['a.png', 'b.png']);
  });

  test('of a model become a place to import it from', async () => {
    const app = workshop.app(enginePath);
    const window = new TestWindow(app);
    const archive = join(workshop.folder, 'm.zip');
    await app.api.exportModel({ model: 'gaussian-small', file: archive, overwrite: false });
    const sent = await window.app.addUpload('m.zip', streamOf(await readFile(archive)));
    const place = sent.ok ? sent.value.place : null;
    expect(sent).toMatchObject({ value: { added: 0 } });
    // The built-in one keeps its place: what is taken gets a number.
    expect(await window.call('importModel', { place })).toMatchObject({
      id: 'gaussian-small-2',
      bundled: false,
    });
    // Sent once more it can be imported once more, as after it was removed.
    const again = await window.app.addUpload('m.zip', streamOf(await readFile(archive)));
    expect(again.ok && again.value.place).toBe(place);
  });
});
