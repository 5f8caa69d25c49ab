import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { idleBatch } from '../../contract/batch.ts';
import { hostTextsIn } from '../../contract/texts/host.ts';
import { hostTexts } from '../../contract/texts/host-en.ts';
import { idleTraining } from '../../contract/training-view.ts';
import { desktopPlaces } from '../../electron/desktop-places.ts';
import { fileArguments, handedPaths } from '../../electron/file-arguments.ts';
import { menuTemplate } from '../../electron/menu.ts';
import { keepPlace, placeOn, readPlace, smallest } from '../../electron/window-place.ts';
import { WorkInProgress } from '../../electron/work-in-progress.ts';

const left = { x: 0, y: 25, width: 1920, height: 1055 };
const right = { x: 1920, y: 0, width: 1280, height: 1024 };

describe('where the window opens', () => {
  const at = (x: number, y: number, width = 1000, height = 700) =>
    placeOn([left, right], { bounds: { x, y, width, height }, maximised: false });

  test('the first time in the middle of the first screen', () => {
    expect(placeOn([left, right], null)).toEqual({ x: 320, y: 25 + Math.round((1055 - 860) / 2), width: 1280, height: 860 });
  }); // prettier-ignore

  test('as it was left, where that is on a screen', () => {
    expect(at(2000, 50)).toEqual({ x: 2000, y: 50, width: 1000, height: 700 });
  });

  test('moved in from an edge, and shrunk to its screen', () => {
    expect(at(-600, -300)).toEqual({ x: 0, y: 25, width: 1000, height: 700 });
    expect(at(2000, 0, 5000, 5000)).toEqual({ x: 1920, y: 0, width: 1280, height: 1024 });
  });

  test('in the middle of the first screen when its own is gone, never too small to use', () => {
    expect(at(9000, 9000).x).toBe(320);
    expect(at(100, 100, 1, 1)).toMatchObject(smallest);
  });

  test('what was kept is read again; what makes no sense is forgotten', () => {
    const folder = mkdtempSync(join(tmpdir(), 'unspeckle-place-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'window', 'place.json');
    expect(readPlace(file)).toBeNull();
    const place = { bounds: { x: 1, y: 2, width: 900, height: 600 }, maximised: true };
    keepPlace(file, place);
    expect(readPlace(file)).toEqual(place);
    for (const text of [
      '',
      '[]',
      '{"bounds":{"x":"1"}}',
      '{"bounds":{"x":1e99,"y":0,"width":9,"height":9}}',
    ]) {
      writeFileSync(file, text);
      expect([text, readPlace(file)]).toEqual([text, null]);
    }
  });
});

describe('what a start is asked to open', () => {
  test('S8: is every argument but switches, which are ignored before a --', () => {
    expect(fileArguments(['--inspect', 'a.png', '-o', '', '--', '-b.png'], '/here')).toEqual(
      ['a.png', '-b.png'].map((name) => resolve('/here', name)),
    );
  });

  test.each([null, 'x', { paths: 'x' }, { other: [] }])('%j from another start is nothing', (data) => {
    expect(handedPaths(data)).toEqual([]);
  });
});

describe("the engine's Node", () => {
  const places = (isPackaged: boolean, platform: NodeJS.Platform, env = {}) =>
    desktopPlaces({ here: join('/app', 'out', 'electron'), isPackaged, resources: '/res', platform, env });

  test('in a package is its own', () => {
    expect(places(true, 'linux')).toMatchObject({ engineNode: join('/res', 'node', 'node'), root: join('/res', 'engine') }); // prettier-ignore
    expect(places(true, 'win32').engineNode).toBe(join('/res', 'node', 'node.exe'));
  });

  test('S12: in a package heeds no options from outside, in a checkout those of whoever works on it', () => {
    const env = { NODE_OPTIONS: '--require /tmp/evil.js', Node_Path: '/tmp', HOME: '/home/me' };
    expect(places(true, 'linux', env).env).toEqual({ HOME: '/home/me' });
    expect(places(false, 'linux', env).env).toEqual(env);
  });

  test('in a checkout is the one that runs npm', () => {
    expect(places(false, 'linux', { npm_node_execpath: '/usr/bin/node' })).toMatchObject({ engineNode: '/usr/bin/node', root: '/app' }); // prettier-ignore
    expect(places(false, 'linux').engineNode).toBe('node');
  });
});

describe('the menu', () => {
  const labels = (platform: NodeJS.Platform, language: string, devTools = false): string => {
    const texts = hostTextsIn(language);
    const options = { texts, platform, devTools, addPictures: () => {}, addFolder: () => {} };
    return JSON.stringify(menuTemplate(options));
  };

  test('speaks the language of the person, and English where it has no other', () => {
    expect(labels('linux', 'zh-Hans')).toContain('添加图片');
    expect(labels('linux', 'zh-CN')).toContain('添加图片');
    for (const language of ['zh-TW', 'zh-Hant', 'de', 'en']) {
      expect(labels('linux', language)).toContain(hostTexts['menu-add-pictures']);
    }
  });

  test('S12: has tools for developers only where they work on it', () => {
    expect(labels('linux', 'en')).not.toMatch(/toggleDevTools|"reload"/);
    expect(labels('linux', 'en', true)).toContain('toggleDevTools');
  });

  test('follows the customs of each system', () => {
    expect(labels('darwin', 'en')).toContain('appMenu');
    expect(labels('win32', 'en')).toContain('"quit"');
  });
});

describe('what an end of the app would interrupt', () => {
  const batch = (phase: 'running' | 'paused' | 'finished') =>
    ({ type: 'batch', batch: { ...idleBatch, phase } }) as const;
  const training = (phase: 'preparing' | 'running' | 'paused' | 'finished') =>
    ({ type: 'training', training: { ...idleTraining, phase } }) as const;

  test('a batch until it is finished, a training while it is at work, and nothing else', () => {
    const work = new WorkInProgress();
    const said = [batch('running'), batch('paused'), batch('finished')].map((event) => {
      work.hear(event);
      return work.what;
    });
    expect(said).toEqual(['cleaning', 'cleaning', null]);
    const later = [training('preparing'), training('running'), training('paused'), training('finished')].map(
      (event) => {
        work.hear(event);
        return work.what;
      },
    );
    expect(later).toEqual(['training', 'training', null, null]);
  });

  test('nothing, once the machine is shut down', () => {
    const work = new WorkInProgress();
    work.hear(batch('running'));
    work.hear(training('running'));
    work.forget();
    expect(work.what).toBeNull();
  });
});
