import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../../contract/errors.ts';
import type { SourceFormat } from '../../contract/image.ts';
import type { ScannedFile } from '../../app/inputs/scan.ts';
import { firstFreeName } from '../../app/naming/first-free-name.ts';
import { nameOutputs, type Naming } from '../../app/naming/name-outputs.ts';
import { safeName, sameFileKey } from '../../app/naming/safe-name.ts';

const fileAt = (
  source: string,
  root: string | null = '/in',
  format: SourceFormat | null = 'png',
): ScannedFile => ({
  source,
  root,
  throughLink: false,
  bytes: 1,
  modifiedMs: 0,
  device: 0,
  inode: 0,
  links: 1,
  identity: source,
  head: { format, ownMark: false, appleDouble: false },
});

const naming = (
  more: Partial<Naming> & { name?: string; format?: Naming['settings']['format'] } = {},
): Naming => ({
  out: '/out',
  roots: ['/in'],
  settings: { name: more.name ?? '{name}_denoised', format: more.format ?? 'same' },
  model: 'gaussian-small',
  now: new Date(2025, 0, 31, 23, 59),
  ...more,
});

const outputs = (files: readonly ScannedFile[], how: Naming) =>
  nameOutputs(files, how).map(({ folder, stem, extensions }) => `${join(folder, stem)}.${extensions[0]}`);

const nameOf = (source: string, template: string) =>
  nameOutputs([fileAt(source)], naming({ name: template }))[0]?.stem;

describe('a name', () => {
  test('is made of its tokens', () => {
    const stem = nameOf('/in/Trip/IMG 1.JPG', '{parent}-{name}-{ext}-{model}-{date}-{counter}-{factor}');
    expect(stem).toBe('Trip-IMG 1-jpg-gaussian-small-2025-01-31-0001-{factor}');
  });

  test('with a token that does not exist is refused, naming those that do', () => {
    for (const template of ['{nme}', '{}', '{name}{NAME}']) {
      try {
        nameOf('/in/a.png', template);
        expect.unreachable();
      } catch (error) {
        expect(failureOf(error)).toMatchObject({ code: 'argument-invalid', details: { parameter: 'name' } });
        expect(failureOf(error).message).toContain('{counter}');
      }
    }
    expect(nameOf('/in/a.png', '{ {name} }')).toBe('{ a }');
  });

  test.each([
    ['CON', '_CON'],
    ['con.tar', '_con.tar'],
    ['LPT9 .x', '_LPT9 .x'],
    ['COM¹', '_COM¹'],
    ['console', 'console'],
    ['a:b*c?d"e<f>g|h\\i', 'a_b_c_d_e_f_g_h_i'],
    ['line\nbreak\u001b[31m', 'line_break_[31m'],
    ['dots... ', 'dots'],
    ['...', '_'],
    ['\ud800lone', '\ufffdlone'],
    ['grüße 写真 🎞', 'grüße 写真 🎞'],
  ])('%j is written as %j', (name, expected) => {
    expect(safeName(name)).toBe(expected);
  });

  test('of a source that looks like a token is not filled in twice', () => {
    expect(nameOf('/in/{factor}.png', '{name}_{factor}')).toBe('(factor)_{factor}');
    expect(nameOf('/in/{model}.png', '{name}_x')).toBe('{model}_x');
  });

  test('that is too long loses the end of the source’s name, not what is added to it', () => {
    const stem = nameOf(`/in/${'ü'.repeat(125)}.png`, '{name}_denoised') ?? '';
    expect(stem).toMatch(/^ü+_denoised$/);
    expect(Buffer.byteLength(stem)).toBeGreaterThan(240);
  });

  test('is safe on every file system whatever the source and the template', () => {
    const template = fc.array(
      fc.constantFrom('{name}', '{parent}', '{ext}', '{counter}', '{factor}', '.', ' ', 'x/'),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), template, (text, parts) => {
        const source = join('/in', text.replaceAll(/[/\0]/g, '') || 'x');
        const stem = nameOf(source, parts.join('')) ?? '';
        expect(stem).not.toBe('');
        expect(stem).not.toMatch(/[<>:"/\\|?*\p{Cc}]|[. ]$/u);
        expect(Buffer.byteLength(`${stem} (99).tiff`)).toBeLessThanOrEqual(255);
        expect(safeName(stem)).toBe(stem);
      }),
    );
  });
});

describe('outputs of a batch', () => {
  test('P10: of one stem and several formats stay apart, by extension or by number', () => {
    const files = ['/in/photo.jpg', '/in/photo.png', '/in/photo.JPG', '/in/photo.tif'];
    const formats = ['jpeg', 'png', 'jpeg', 'tiff'] as const;
    const scanned = files.map((source, index) => fileAt(source, '/in', formats[index]));
    expect(outputs(scanned, naming())).toEqual([
      '/out/photo_denoised.jpg',
      '/out/photo_denoised.png',
      '/out/photo_denoised (2).jpg',
      '/out/photo_denoised.tif',
    ]);
    expect(outputs(scanned, naming({ format: 'webp' }))).toEqual([
      '/out/photo_denoised.webp',
      '/out/photo_denoised (2).webp',
      '/out/photo_denoised (3).webp',
      '/out/photo_denoised (4).webp',
    ]);
  });

  test('P11: are told apart as on a disk that ignores case and the form of accents', () => {
    const files = [
      '/in/a.png',
      '/in/A.png',
      '/in/caf\u00e9.png',
      '/in/cafe\u0301.png',
      '/in/Sub/x.png',
      '/in/sub/x.png',
    ];
    const keys = outputs(
      files.map((source) => fileAt(source)),
      naming(),
    ).map(sameFileKey);
    expect(new Set(keys).size).toBe(files.length);
  });

  test('mirror the tree of one folder, and lie apart for several of the same name', () => {
    const files = [
      fileAt('/a/trip/x.png', '/a/trip'),
      fileAt('/b/trip/s/x.png', '/b/trip'),
      fileAt('/c/x.png', null),
    ];
    expect(outputs(files.slice(0, 1), naming({ roots: ['/a/trip'] }))).toEqual(['/out/x_denoised.png']);
    expect(outputs(files, naming({ roots: ['/a/trip', '/b/trip'] }))).toEqual([
      '/out/trip/x_denoised.png',
      '/out/trip (2)/s/x_denoised.png',
      '/out/x_denoised.png',
    ]);
    expect(outputs(files, naming({ out: null }))).toEqual([
      '/a/trip/x_denoised.png',
      '/b/trip/s/x_denoised.png',
      '/c/x_denoised.png',
    ]);
  });

  test('P9: never leave the output folder, whatever folders are called', () => {
    const odd = ['/in/.. /x.png', '/in/con/x.png', '/in/a:b/x.png', '/in/.../x.png'];
    for (const path of outputs(
      odd.map((source) => fileAt(source)),
      naming(),
    )) {
      expect(relative('/out', path)).not.toMatch(/^\.\.|[:]/);
    }
  });

  test('are distinct and the same on every run, for any names and templates', () => {
    const name = fc.oneof(
      fc.constantFrom(
        'a',
        'A',
        'a (2)',
        'a_denoised',
        'caf\u00e9',
        'cafe\u0301',
        'con',
        'x:',
        'x?',
        '{factor}',
      ),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    );
    const picture = fc.tuple(
      name,
      fc.constantFrom('png', 'jpg', 'JPEG', 'tif'),
      fc.constantFrom('/in', '/in/Sub', '/in/sub'),
    );
    const template = fc.constantFrom(
      '{name}',
      '{name}_denoised',
      '{parent}',
      '{counter}',
      '{factor}',
      'same',
    );
    const format = fc.constantFrom('same' as const, 'webp' as const);
    fc.assert(
      fc.property(fc.array(picture, { maxLength: 40 }), template, format, (pictures, chosen, wanted) => {
        const files = pictures.map(([stem, ext, folder]) => {
          const clean = stem.replaceAll(/[/\0]/g, '') || 'x';
          const sniffed = ext === 'png' ? 'png' : ext === 'tif' ? 'tiff' : 'jpeg';
          return fileAt(join(folder, `${clean}.${ext}`), '/in', sniffed);
        });
        const how = naming({ name: chosen, format: wanted });
        const paths = outputs(files, how);
        expect(new Set(paths.map(sameFileKey)).size).toBe(files.length);
        expect(outputs(files, how)).toEqual(paths);
      }),
    );
  });

  test('ten thousand of one name are numbered without delay', () => {
    const files = Array.from({ length: 10_000 }, (_, n) => fileAt(`/in/p${n}.png`));
    const began = performance.now();
    const paths = outputs(files, naming({ name: 'same' }));
    expect(performance.now() - began).toBeLessThan(3000);
    expect(paths.at(-1)).toBe('/out/same (10000).png');
  });
});

test('a result that is only foretold has the number it would get', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'unspeckle-free-'));
  const wanted = join(folder, 'a_denoised.png');
  expect(await firstFreeName(wanted)).toBe(wanted);
  await writeFile(wanted, '');
  expect(await firstFreeName(wanted)).toBe(join(folder, 'a_denoised (2).png'));
  await writeFile(join(folder, 'a_denoised (2).png'), '');
  expect(await firstFreeName(wanted)).toBe(join(folder, 'a_denoised (3).png'));
});
