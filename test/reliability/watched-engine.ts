import { readdir, readFile } from 'node:fs/promises';
import type { TestContext } from 'vitest';
import { childrenOf, type Running } from '../cli/built-cli.ts';

export function onlyLong(context: TestContext): void {
  if (process.env['MODE'] !== 'long') context.skip('takes minutes: npm run test:long runs it');
  if (process.platform !== 'linux') context.skip('measures through /proc');
}

/** What a process of the system holds, in bytes, and at most held. */
export async function memoryOf(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const of = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN) * 1024;
  return { now: of('VmRSS'), peak: of('VmHWM') };
}

/**
 * What a process usually holds until something has happened, in bytes. A single look may fall anywhere between one collection
 * of garbage and the next, which are tens of megabytes apart.
 */
export async function usuallyHeld(pid: number, until: Promise<void>): Promise<number> {
  const held: number[] = [];
  let over = false;
  void until.then(() => (over = true));
  while (!over) {
    const { now } = await memoryOf(pid);
    if (now > 0) held.push(now);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return median(held);
}

export const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[values.length >> 1] ?? NaN;

export const openFiles = async (pid: number): Promise<number> => (await readdir(`/proc/${pid}/fd`)).length;

/** Tells when so many pictures are done, at a cost that does not grow with their number. */
export function counted(running: Running): (count: number) => Promise<void> {
  const mark = '"type":"done"';
  let [done, rest] = [0, ''];
  const waiting = new Map<number, () => void>();
  running.process.stdout?.on('data', (chunk: Buffer) => {
    const text = rest + chunk.toString('latin1');
    done += text.split(mark).length - 1;
    rest = text.slice(Math.max(text.lastIndexOf(mark) + mark.length, text.length - mark.length + 1, 0));
    for (const [count, tell] of waiting) if (done >= count) tell();
  });
  return (count) =>
    Promise.race([new Promise<void>((tell) => waiting.set(count, tell)), running.ended.then(() => {})]);
}

/** The engine of a batch, once it is there. */
export async function engineOf(running: Running): Promise<number> {
  for (;;) {
    const [pid] = await childrenOf(running.process.pid);
    if (pid !== undefined) return pid;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Processor time in seconds that a program, its children and those that have ended took so far. */
export async function processorSeconds(pid: number): Promise<number> {
  const ticksOf = async (process: number, fields: number) => {
    const stat = await readFile(`/proc/${process}/stat`, 'latin1').catch(() => '');
    // Behind the name: state is the third field, the times of itself and of its ended children the 14th to 17th.
    const values = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 11 + fields);
    return values.reduce((sum, value) => sum + Number(value), 0);
  };
  const own = await ticksOf(pid, 4);
  const children = await Promise.all((await childrenOf(pid)).map((child) => ticksOf(child, 2)));
  return children.reduce((sum, ticks) => sum + ticks, own) / 100; // 100 ticks a second on every Linux
}
