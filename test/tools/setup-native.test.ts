import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { backendWithoutTensorflow } from '../../tools/setup/backend-report.mjs';
import { createContext, ownRoot, Refusal } from '../../tools/setup/context.mjs';
import { ADDON } from '../../tools/setup/layout.mjs';
import type { Source } from '../../tools/setup/make-native.mjs';
import { setUpNative } from '../../tools/setup/native-setup.mjs';
import { madeOf, writeStamp } from '../../tools/setup/stamps.mjs';
import { verifyAddon } from '../../tools/setup/verify.mjs';
import { builtNative, scratchCheckout, type Scratch } from './setup-scratch.ts';

const machine = `${process.platform}-${process.arch}`;
/** ONNX Runtime nearly everywhere; it has nothing for Intel Macs. */
const fallback = backendWithoutTensorflow(createContext());

/** A source that notes that it was asked, and then does what the test wants. */
function source(name: string, asked: string[], make: Source['make']): Source {
  return {
    name,
    title: `source ${name}`,
    isAsked: () => true,
    make: async (context, places) => {
      asked.push(name);
      await make(context, places);
    },
  };
}

const refuses: Source['make'] = () => Promise.reject(new Refusal('nothing here'));

const givesGarbage: Source['make'] = (_context, { folder }) => {
  writeFileSync(path.join(folder, ADDON), 'not an addon');
  return Promise.resolve();
};

/** Links to what a real set-up has made: Node follows links before it loads. */
function linksTo(built: string): Source['make'] {
  return (_context, { folder }) => {
    for (const name of readdirSync(built)) {
      if (name !== 'stamp.json') symlinkSync(path.join(built, name), path.join(folder, name));
    }
    return Promise.resolve();
  };
}

/** A finished folder as far as its stamp can tell. */
function pretendFinished({ root, native, context }: Scratch): string {
  const finished = path.join(native, `tensorflow-${machine}`);
  mkdirSync(finished, { recursive: true });
  writeFileSync(path.join(finished, ADDON), `an addon for ${root}`);
  writeStamp(finished, { source: 'wheel', tensorflow: '2.21.0', madeOf: madeOf(context()) });
  return finished;
}

describe('the sources', () => {
  test('are asked in turn, and each says why it had nothing', async () => {
    const scratch = scratchCheckout();
    const asked: string[] = [];
    const outcome = await setUpNative(scratch.context(), [
      source('first', asked, refuses),
      source('second', asked, () => Promise.reject(new TypeError('something unforeseen'))),
    ]);
    expect(asked).toEqual(['first', 'second']);
    expect(outcome).toMatchObject({ did: 'refused', backend: fallback });
    expect(outcome.reasons).toEqual([
      { source: 'source first', reason: 'nothing here' },
      { source: 'source second', reason: 'something unforeseen' },
    ]);
    expect(scratch.said.join('\n')).not.toMatch(/\n\s+at /);
  });

  test('after a result that does not load, the next one is asked and nothing of it stays', async () => {
    const { native, context } = scratchCheckout();
    const asked: string[] = [];
    const outcome = await setUpNative(context(), [
      source('broken', asked, givesGarbage),
      source('none', asked, refuses),
    ]);
    expect(asked).toEqual(['broken', 'none']);
    expect(outcome.reasons[0]?.reason).toMatch(/can't be loaded/);
    expect(readdirSync(native)).toEqual([`refused-${machine}.json`]);
  });

  test('the first one that works ends the search and is ready the next time', async (test) => {
    const { folder, stamp } = builtNative(test);
    const { native, context, said } = scratchCheckout();
    const asked: string[] = [];
    const sources = [
      source('broken', asked, givesGarbage),
      source('works', asked, linksTo(folder)),
      source('late', asked, refuses),
    ];
    const made = await setUpNative(context(), sources);
    expect(made).toMatchObject({ did: 'made', backend: 'tensorflow', stamp: { source: 'works' } });
    expect(said.at(-1)).toContain(`TensorFlow ${stamp.tensorflow}`);
    expect(readdirSync(native)).toEqual([`tensorflow-${machine}`]);

    const again = await setUpNative(context(), sources);
    expect(again.did).toBe('ready');
    expect(asked).toEqual(['broken', 'works']);
  });

  test('a folder that can not be written to is said so, and the product goes on', async () => {
    const { root, context, said } = scratchCheckout();
    writeFileSync(path.join(root, '.native'), 'a file in the way');
    const outcome = await setUpNative(context(), []);
    expect(outcome).toMatchObject({ did: 'refused', backend: fallback });
    expect(said[0]).toMatch(/^Native TensorFlow could not be set up: /);
  });
});

describe('what is already there', () => {
  test('is kept without asking any source, and without a word when quiet', async () => {
    const scratch = scratchCheckout();
    pretendFinished(scratch);
    const asked: string[] = [];
    const outcome = await setUpNative(scratch.context({ quiet: true }), [source('any', asked, refuses)]);
    expect(outcome).toMatchObject({ did: 'ready', backend: 'tensorflow' });
    expect([asked, scratch.said]).toEqual([[], []]);
  });

  test.each([
    ['has no stamp', (folder: string) => writeFileSync(path.join(folder, 'stamp.json'), '')],
    ['lacks bytes', (folder: string) => writeFileSync(path.join(folder, ADDON), 'half')],
    [
      'was made of another version',
      (folder: string) => {
        const file = path.join(folder, 'stamp.json');
        const stamp = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
        writeFileSync(file, JSON.stringify({ ...stamp, madeOf: 'something else' }));
      },
    ],
  ])('is made anew when it %s', async (_how, harm) => {
    const scratch = scratchCheckout();
    harm(pretendFinished(scratch));
    const asked: string[] = [];
    const outcome = await setUpNative(scratch.context(), [source('any', asked, refuses)]);
    expect(asked).toEqual(['any']);
    expect(outcome.did).toBe('refused');
    // It does not load either, so nobody shall find it.
    expect(readdirSync(scratch.native)).toEqual([`refused-${machine}.json`]);
  });

  test('is kept when it loads, though made of another version, and there is nothing newer', async (test) => {
    const { folder, stamp } = builtNative(test);
    const { native, context } = scratchCheckout();
    const finished = path.join(native, `tensorflow-${machine}`);
    mkdirSync(finished, { recursive: true });
    await linksTo(folder)(context(), { folder: finished, scratch: '' });
    writeStamp(finished, { source: 'wheel', tensorflow: '', madeOf: 'an older version' });
    const outcome = await setUpNative(context(), [source('any', [], refuses)]);
    expect(outcome).toMatchObject({ did: 'ready', stamp: { source: 'kept', tensorflow: stamp.tensorflow } });
    expect((await setUpNative(context(), [])).did).toBe('ready');
  });

  test('stays when --force finds nothing newer', async () => {
    const scratch = scratchCheckout();
    const finished = pretendFinished(scratch);
    const asked: string[] = [];
    const outcome = await setUpNative(scratch.context({ force: true }), [source('any', asked, refuses)]);
    expect(asked).toEqual(['any']);
    expect(outcome).toMatchObject({ did: 'ready', backend: 'tensorflow' });
    expect(existsSync(path.join(finished, ADDON))).toBe(true);
  });

  test('what a killed run left half-made is swept away', async () => {
    const { native, context } = scratchCheckout();
    for (const name of [`making-${machine}-x1`, `replaced-${machine}-99`]) {
      mkdirSync(path.join(native, name, 'result'), { recursive: true });
      writeFileSync(path.join(native, name, 'result', 'libtensorflow.so.2'), 'half');
    }
    await setUpNative(context(), []);
    expect(readdirSync(native)).toEqual([`refused-${machine}.json`]);
  });
});

describe('a refusal', () => {
  async function refuseOnce(scratch: Scratch, asked: string[]) {
    const sources = [source('any', asked, refuses)];
    await setUpNative(scratch.context(), sources);
    return sources;
  }

  test('is remembered: the next run asks nobody, and is silent when quiet', async () => {
    const scratch = scratchCheckout();
    const asked: string[] = [];
    const sources = await refuseOnce(scratch, asked);
    scratch.said.length = 0;
    const outcome = await setUpNative(scratch.context({ quiet: true }), sources);
    expect(outcome.reasons).toEqual([{ source: 'source any', reason: 'nothing here' }]);
    expect([asked, scratch.said]).toEqual([['any'], []]);
    await setUpNative(scratch.context(), sources);
    expect(scratch.said.join('\n')).toMatch(/source any: nothing here/);
  });

  test.each([
    ['a compiler appears', (scratch: Scratch) => scratch.program('g++', 'exit 0')],
    [
      'a day has passed',
      ({ native }: Scratch) => {
        const file = path.join(native, `refused-${machine}.json`);
        const memory = JSON.parse(readFileSync(file, 'utf8')) as { at: number };
        writeFileSync(file, JSON.stringify({ ...memory, at: memory.at - 24 * 60 * 60 * 1000 }));
      },
    ],
  ])('is forgotten when %s', async (_when, change) => {
    const scratch = scratchCheckout();
    const asked: string[] = [];
    const sources = await refuseOnce(scratch, asked);
    change(scratch);
    await setUpNative(scratch.context(), sources);
    expect(asked).toEqual(['any', 'any']);
  });

  test('is forgotten with --force', async () => {
    const scratch = scratchCheckout();
    const asked: string[] = [];
    const sources = await refuseOnce(scratch, asked);
    await setUpNative(scratch.context({ force: true }), sources);
    expect(asked).toEqual(['any', 'any']);
  });
});

describe('the command', () => {
  function runNative(root: string, env: NodeJS.ProcessEnv, ...args: string[]) {
    const script = path.join(ownRoot, 'tools/setup/native.mjs');
    const done = spawnSync(process.execPath, [script, '--root', root, ...args], { env, encoding: 'utf8' });
    return { code: done.status, stdout: done.stdout, stderr: done.stderr };
  }

  test('with nothing to be had ends well, says what works, what does not, and three ways to get it', () => {
    const { root } = scratchCheckout();
    const { code, stdout, stderr } = runNative(root, { UNSPECKLE_NATIVE_SOURCES: 'none', PATH: '' });
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/What works: cleaning pictures, through .*\. What is slow: training/);
    expect(stderr).toMatch(
      / {2}1\. .*\n {2}2\. .*\n {2}3\. .*\nThen: node tools\/setup\/native\.mjs --force/,
    );
    expect(stderr).toContain(`Backend: ${fallback}`);
  });

  test('can be told to leave it out', () => {
    const { root, native } = scratchCheckout();
    const { code, stderr } = runNative(root, { UNSPECKLE_SKIP_NATIVE: '1', PATH: '' });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Native TensorFlow is left out .*\n$/);
    expect(existsSync(native)).toBe(false);
  });

  test('names the sources there are when it is told an unknown one', () => {
    const { root } = scratchCheckout();
    const { code, stderr } = runNative(root, { UNSPECKLE_NATIVE_SOURCES: 'weel', PATH: '' });
    expect(code).toBe(0);
    expect(stderr).toMatch(/expected some of libtensorflow-dir, download, wheel, or none, and got "weel"/);
  });

  test('says in one line that the packages are not installed', () => {
    const { native } = scratchCheckout();
    const { code, stderr } = runNative(path.dirname(native) + '/bin', { PATH: '' });
    expect([code, stderr]).toEqual([1, 'The packages are not installed yet: run `npm ci` first.\n']);
  });
});

describe('the real result', () => {
  test('loads, computes a convolution and its gradient, and knows its version', async (test) => {
    const { folder, stamp } = builtNative(test);
    const context = createContext({ root: ownRoot });
    await expect(verifyAddon(context, folder)).resolves.toBe(stamp.tensorflow);
  });

  test('a load test that never ends is ended', async () => {
    const { context, root } = scratchCheckout();
    writeFileSync(path.join(root, ADDON), '');
    const limits = { loadTest: 0.01 };
    await expect(verifyAddon(context({ limits }), root)).rejects.toThrow(/load test took longer than 0.01 s/);
  });
});
