import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { failureOf } from '../../contract/errors.ts';
import { EngineLost, EngineProcess, usualLimits } from '../../app/supervision/engine-process.ts';
import { usualWear } from '../../app/supervision/wear.ts';

/** An engine that a picture has got hold of: it answers every request as the source says. */
function oddEngine(answer: string): { engine: EngineProcess; log: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'odd-engine-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const enginePath = join(folder, 'engine.mjs');
  writeFileSync(enginePath, `process.on('message', (message) => { ${answer} });\nprocess.send({ type: 'ready', pid: 1 });`); // prettier-ignore
  const log: string[] = [];
  const engine = new EngineProcess({
    name: 'engine',
    node: process.execPath,
    enginePath,
    env: {},
    log: (line) => log.push(line),
    limits: usualLimits,
    wearLimits: usualWear,
  });
  onTestFinished(() => engine.kill());
  return { engine, log };
}

const describeEngine = ({ engine }: ReturnType<typeof oddEngine>) => engine.call('describe', {});

test.each(['process.send(null)', 'process.send({ type: "event", get id() { return {}; } })', 'process.send({ type: "reply", id: message.id, reply: null })', 'process.send({ type: "reply", id: message.id, reply: { ok: false, code: "__proto__", details: null } })', 'process.send({ type: "beat", memoryBytes: "x" }); process.exit(0)'])(
  'S16: an engine that says what no engine says (%s) loses its own work, and the app goes on',
  async (answer) => {
    const odd = oddEngine(answer.replace('get id() { return {}; }', 'id: message.id, event: null'));
    const lost = setTimeout(() => void odd.engine.kill(), 5000);
    const thrown: unknown = await describeEngine(odd).catch((error: unknown) => error);
    clearTimeout(lost);
    expect(thrown).toBeInstanceOf(Error);
    expect(failureOf(thrown).message.length).toBeGreaterThan(5);
  },
); // prettier-ignore

test('S16: an engine that says nothing of sense is ended, and that is told as its end', async () => {
  const odd = oddEngine('process.send(null)');
  await expect(describeEngine(odd)).rejects.toBeInstanceOf(EngineLost);
  expect(odd.log.join('\n')).toContain('said what no engine says');
});

test('S16: answers to what was never asked, and floods of them, change nothing', async () => {
  const flood = 'for (let id = 0; id < 20000; id++) if (id !== message.id) process.send({ type: "reply", id, reply: { ok: true, value: 1 } });'; // prettier-ignore
  const odd = oddEngine(`${flood} process.send({ type: 'reply', id: message.id, reply: { ok: true, value: { cores: 1 } } });`); // prettier-ignore
  await expect(describeEngine(odd)).resolves.toEqual({ cores: 1 });
});
