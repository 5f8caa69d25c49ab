import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi, type TestContext } from 'vitest';
import { prepareHome, root } from '../cli/built-cli.ts';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { beyondThisMachine, canTrace, traced, type Traced } from './traced.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 180_000 });

/** A machine without any network but its own loopback, which a network of its own has to bring up. */
const alone = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"'];
const canBeAlone = spawnSync(alone[0]!, [...alone.slice(1), 'true']).status === 0;

let prepared: Awaited<ReturnType<typeof prepareHome>>;
let folder: string;
beforeAll(async () => {
  prepared = await prepareHome();
  folder = mkdtempSync(join(tmpdir(), 'network-'));
  for (let seed = 0; seed < 3; seed++) await writeNoisy(join(folder, 'pictures', `p${seed}.png`), { width: 96, height: 80, seed }); // prettier-ignore
}, 180_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await prepared.remove();
});
beforeEach((context) => {
  if (!canTrace()) context.skip('strace is not here or may not trace');
});

function withoutNetwork(context: TestContext): readonly string[] {
  if (!canBeAlone) context.skip('a network of its own may not be made here (unshare -n, ip)');
  return alone;
}

const env = () => ({ ...process.env, UNSPECKLE_HOME: prepared.home, LANG: 'C', LC_ALL: 'C', HOME: folder });

const run = (args: readonly string[], before: readonly string[] = []): Promise<Traced> =>
  traced(args, { env: env(), cwd: folder, before });

const cli = (...args: string[]): string[] => [join(root, 'out/cli.js'), ...args];

/** Every way of the command line that loads a library or a model. */
const ways: readonly (readonly [string, string[]])[] = [
  ['a batch', cli('clean', 'pictures', '--out', 'cleaned', '--json', '--on-conflict', 'overwrite')],
  ['a training', cli('train', 'pictures', '--batch', '2', '--patch', '16', '--steps', '3', '--threads', '1', '--name', 'mine', '--json')], // prettier-ignore
  ['an export', cli('models', 'export', 'gaussian-small', 'model.zip')],
  ['an import', cli('models', 'import', 'model.zip', '--name', 'theirs')],
  ['the list of models', cli('models', 'list')],
  ['an estimate', cli('estimate', 'pictures/p0.png')],
  ['the doctor', cli('doctor')],
];

describe('S11: the command line asks nobody beyond this machine, by its sockets and with the network cut off', () => {
  test.each(ways)('S11: %s', async (_name, args) => {
    const { code, network, stderr } = await run(args, canBeAlone ? alone : []);
    expect([code, stderr.slice(-500)]).toEqual([0, expect.any(String)]);
    expect(beyondThisMachine(network)).toEqual([]);
    // Not even to this machine: the command line has nobody to speak with.
    expect(network.filter((call) => /AF_INET/.test(call))).toEqual([]);
  });

  test('S11: the network is really cut off where it is said to be', (context) => {
    const [command = '', ...args] = withoutNetwork(context);
    const ask = "require('net').connect(80, '192.0.2.1').on('error', (e) => console.log(e.code))";
    const { stdout } = spawnSync(command, [...args, process.execPath, '-e', ask], { encoding: 'utf8' });
    expect(stdout.trim()).toBe('ENETUNREACH');
  });

  test('S11: with the network cut off the results are the same, to the byte', async (context) => {
    const before = withoutNetwork(context);
    const clean = (out: string) => cli('clean', 'pictures', '--out', out, '--noise-factor', '0.1', '--json');
    expect((await run(clean('with'))).code).toBe(0);
    expect((await run(clean('without'), before)).code).toBe(0);
    for (let seed = 0; seed < 3; seed++) {
      const name = `p${seed}_denoised.png`;
      expect(readFileSync(join(folder, 'without', name)).equals(readFileSync(join(folder, 'with', name)))).toBe(true); // prettier-ignore
    }
  });
});

test('S11: a visit through the browser host without a network: its one listener is on loopback, and nothing else is asked', async (context) => {
  const before = withoutNetwork(context);
  const visit = fileURLToPath(new URL('visit.mjs', import.meta.url));
  mkdirSync(join(folder, 'person'));
  cpSync(join(folder, 'pictures'), join(folder, 'person'), { recursive: true });
  const { code, stdout, stderr, network } = await run([visit, join(root, 'out/web.js'), join(folder, 'person')], before); // prettier-ignore
  expect([code, stderr.slice(-1000)]).toEqual([0, expect.any(String)]);
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual({ done: 3, page: 200 });
  const listeners = network.filter((call) => /^bind\(.*AF_INET/.test(call));
  expect(listeners.length).toBe(1);
  expect(listeners[0]).toMatch(/inet_addr\("127\.0\.0\.1"\)/);
  expect(beyondThisMachine(network)).toEqual([]);
  // Names are looked up by asking port 53.
  expect(network.filter((call) => /htons\(53\)|nscd|resolve/.test(call))).toEqual([]);
});
