import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test, vi } from 'vitest';
import { writeNoisy } from '../cli/noisy-pictures.ts';
import { batchEnded, startBatch } from './batch-controls.ts';
import { expect, goTo, rows } from './controls.ts';
import { dropOnWindow } from './drop.ts';
import { productOfFile } from './product-of-test.ts';
import { say } from './wording.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const product = productOfFile();

/** Addresses at the far or own end of the sockets of a process, as Linux writes them: hexadecimal. */
async function socketsOf(pid: number): Promise<string[]> {
  const handles = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(handles.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
  const own = new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []));
  const found: string[] = [];
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6']) {
    const lines = (await readFile(`/proc/net/${table}`, 'utf8').catch(() => '')).split('\n').slice(1);
    for (const line of lines) {
      const [, local = '', remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/);
      if (own.has(inode)) found.push(state === '0A' ? local : remote);
    }
  }
  return found.map((address) => address.split(':')[0] ?? '');
}

const loopback = /^(0100007F|0{24}01000000|0{16}FFFF00000100007F|00000000|0{32})$/;

test('S11: the whole of a visit asks for nothing beyond this machine', async (context) => {
  const { page, person, requests, pid } = product();
  const file = join(person, 'one.png');
  await writeNoisy(file);
  await dropOnWindow(page, [file]);
  await expect(rows(page)).toHaveCount(1);
  await startBatch(page);
  await batchEnded(page, 1);
  const engines = await product().engines();
  if (process.platform === 'linux') {
    expect(engines.length).toBeGreaterThan(0);
    const sockets = (await Promise.all([pid, ...engines].map(socketsOf))).flat();
    for (const address of sockets) expect(address).toMatch(loopback);
    if (process.env['APP_HOST'] !== 'electron') expect(sockets.length).toBeGreaterThan(0);
  }
  for (const screen of ['models', 'settings', 'clean'] as const) await goTo(page, screen);
  await expect(page.getByText(say('outcome-done-one', { count: 1 }), { exact: true })).toBeVisible();
  const own = new URL(page.url()).origin;
  expect(requests.length).toBeGreaterThan(5);
  for (const request of requests) {
    const { origin, protocol } = new URL(request);
    expect(origin === own || protocol === 'data:' || protocol === `blob:`, request).toBe(true);
  }
  if (process.platform !== 'linux')
    await context.annotate('sockets were not looked at: that is done on Linux');
});

test('S2: the page may not ask for anything else: its own rules forbid it', async () => {
  const { page } = product();
  const before = product().errors.length;
  const outcome = await page.evaluate(() =>
    fetch('http://192.0.2.1/').then(
      () => 'answered',
      () => 'refused',
    ),
  );
  expect(outcome).toBe('refused');
  const said = product().errors.splice(before).join('\n');
  expect(said).toContain('Content Security Policy');
});
