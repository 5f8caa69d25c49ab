import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { startArguments } from '../../tools/start/start-arguments.mjs';
import { startApp } from '../../tools/start/start.mjs';
import { scratchCheckout, type Scratch } from './setup-scratch.ts';

/** A checkout whose Electron is there, or can't be fetched. */
function checkout(electron: 'there' | 'refused' | 'silent'): Scratch {
  const scratch = scratchCheckout();
  rmSync(path.join(scratch.root, 'node_modules'));
  const folder = path.join(scratch.root, 'node_modules', 'electron');
  mkdirSync(path.join(folder, 'dist'), { recursive: true });
  if (electron === 'there') {
    writeFileSync(path.join(folder, 'path.txt'), 'electron');
    writeFileSync(path.join(folder, 'dist', 'electron'), '');
  }
  const refusal = `console.error('TypeError: fetch failed\\n  at x'); process.exit(1);`;
  writeFileSync(path.join(folder, 'install.js'), electron === 'silent' ? 'process.exit(0)' : refusal);
  return scratch;
}

/** Starts it as an ordinary user with a screen, and says which programs were run. */
async function started(
  scratch: Scratch,
  args: readonly string[],
  code = 0,
  env: NodeJS.ProcessEnv = { DISPLAY: ':1' },
) {
  const runs: { program: string; args: readonly string[]; node: string | undefined }[] = [];
  const context = { ...scratch.context(), env, platform: 'darwin' as NodeJS.Platform };
  const platform = env['DISPLAY'] === undefined ? ('linux' as const) : context.platform;
  const answer = await startApp({ ...context, platform }, args, '/here', (program, given, where) => {
    runs.push({ program: path.basename(program), args: given, node: where.env['npm_node_execpath'] });
    return Promise.resolve(runs.length === 1 ? code : 0);
  });
  return { runs, answer, said: scratch.said };
}

describe('npm start', () => {
  test('opens the desktop app with the files it was given, and its engine in this Node', async () => {
    const scratch = checkout('there');
    const { runs, said } = await started(scratch, ['a.png', '/b c']);
    expect(runs).toEqual([
      { program: 'electron', args: [scratch.root, path.resolve('/here/a.png'), path.resolve('/b c')], node: process.execPath },
    ]); // prettier-ignore
    expect(said).toEqual([]);
  });

  test.each([
    ['Electron is refused', () => started(checkout('refused'), ['a.png']), /\(fetch failed\)/],
    ['Electron does not come', () => started(checkout('silent'), ['a.png']), /\(.+\)/],
    ['there is no screen', () => started(checkout('there'), ['a.png'], 0, {}), /\(there is no screen here\)/],
    ['Electron ends at once', () => started(checkout('there'), ['a.png'], 1), /\(it does not start\)/],
  ])('where %s, says so in one line and opens the browser', async (_, start, reason) => {
    const { runs, said, answer } = await start();
    expect(runs.at(-1)?.args).toEqual(['out/web.js', '--', path.resolve('/here/a.png')]);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(reason);
    expect(said[0]).not.toContain('\n');
    expect(answer).toBe(0);
  });

  test('options of the browser host go to it, and ask for it', () => {
    expect(startArguments(['--port', '80', 'x', '--no-open', '--', '-y'], '/here')).toEqual({
      help: false,
      browser: true,
      forBrowser: ['--port', '80', '--no-open'],
      paths: [path.resolve('/here/x'), path.resolve('/here/-y')],
    });
    expect(startArguments(['--browser'], '/here')).toEqual({
      ...{ help: false, browser: true, forBrowser: [], paths: [] },
    });
  });

  test.each(['--help', '-h'])('%s names every option and starts nothing', async (flag) => {
    const { runs, said, answer } = await started(checkout('there'), [flag]);
    expect(runs).toEqual([]);
    expect(answer).toBe(0);
    for (const option of ['--browser', '--port', '--no-open']) expect(said.join('\n')).toContain(option);
  });
});
