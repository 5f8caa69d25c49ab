import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'vite';
import { copyTree, writers, type WriterName } from './writers.ts';

/** Every call that changes a disk or opens a file on it. */
export const changingCalls = [
  ...['open', 'openat', 'creat', 'mkdir', 'mkdirat', 'rmdir'],
  ...['write', 'writev', 'pwrite64', 'pwritev', 'ftruncate', 'fchmod', 'utimensat'],
  ...['fsync', 'fdatasync', 'close'],
  ...['rename', 'renameat', 'renameat2', 'link', 'linkat', 'unlink', 'unlinkat'],
].join(',');

/** The writers as a program for plain Node. */
export async function buildLoneWriter(): Promise<{ program: string; remove: () => Promise<void> }> {
  const outDir = await mkdtemp(join(tmpdir(), 'lone-writer-'));
  await build({
    logLevel: 'silent',
    configFile: false,
    ssr: { noExternal: true },
    build: {
      ssr: join(import.meta.dirname, 'lone-writer.ts'),
      outDir,
      target: 'node20.19',
      rollupOptions: { output: { entryFileNames: '[name].mjs' } },
    },
  });
  return {
    program: join(outDir, 'lone-writer.mjs'),
    remove: () => rm(outDir, { recursive: true, force: true }),
  };
}

/** The `n`-th call of one kind, as strace counts them: for each thread and each kind by itself. */
interface Point {
  readonly call: string;
  readonly n: number;
}

/** How a watched writer ended: by itself, with the log of the calls it made, or killed as it was about to make one. */
type Ending = { readonly killed: false; readonly log: string } | { readonly killed: true };

/**
 * Runs a writer and kills it with SIGKILL as it makes a call; without a point it comes through. strace takes hold of it
 * only when it is about to write, so that nothing but its writing is counted; files are worked on by one thread.
 */
export async function killAt(
  program: string,
  name: WriterName,
  folder: string,
  point?: Point,
): Promise<Ending> {
  const child = spawn(process.execPath, [program, name, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  await once(createInterface({ input: child.stdout }), 'line');
  const log = join(folder, '..', 'trace');
  const watch = point
    ? [`--trace=${point.call}`, `--inject=${point.call}:signal=SIGKILL:when=${point.n}`]
    : [`--trace=${changingCalls},copy_file_range,sendfile`];
  const trace = spawn('strace', ['-f', '-y', '-o', log, ...watch, '-p', String(child.pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const traced = once(trace, 'exit');
  const [said] = (await once(createInterface({ input: trace.stderr }), 'line')) as [string];
  if (!said.includes('attached')) throw new Error(said);
  child.stdin.write('go\n');
  const [code, signal] = await exited;
  await traced;
  if (signal === 'SIGKILL') return { killed: true };
  if (code !== 0) throw new Error(`${name} ended with ${code ?? signal}`);
  return { killed: false, log: await readFile(log, 'latin1') };
}

/** The calls of the thread that works on files, which makes nearly all; those that wake another thread are no points. */
function pointsIn(log: string): Point[] {
  const byThread = new Map<string, Point[]>();
  const counts = new Map<string, number>();
  for (const line of log.split('\n')) {
    const [, thread, call] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (thread === undefined || call === undefined) continue;
    const n = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, n);
    const points = byThread.get(thread) ?? [];
    if (!line.includes('anon_inode')) points.push({ call, n });
    byThread.set(thread, points);
  }
  return [...byThread.values()].reduce((most, points) => (points.length > most.length ? points : most), []);
}

/** What a sweep over one writer met, by call. */
export type Tally = Record<string, number>;

/**
 * Kills a writer at each of its calls, or at some that lie evenly apart. After each kill there is the old or the new,
 * and the next run ends as an undisturbed one. @throws when that is not so, saying where
 */
export async function sweep(program: string, name: WriterName, most = Infinity): Promise<Tally> {
  const place = await mkdtemp(join(tmpdir(), 'sweep-'));
  const tally: Tally = {};
  try {
    const before = join(place, 'before');
    await mkdir(before);
    await writers[name].prepare(before);
    const undisturbed = join(place, 'undisturbed');
    await copyTree(before, undisturbed);
    await writers[name].write(undisturbed);
    const wanted = await shapeOf(undisturbed);
    const killedAt = async (point?: Point): Promise<Ending> => {
      const folder = join(place, 'work');
      await rm(folder, { recursive: true, force: true });
      await copyTree(before, folder);
      const ending = await killAt(program, name, folder, point);
      try {
        await checkAfter(name, folder, ending.killed, wanted);
      } catch (error) {
        throw new Error(`${name}, killed at ${JSON.stringify(point)}: ${String(error)}`);
      }
      return ending;
    };
    const whole = await killedAt();
    const points = whole.killed ? [] : pointsIn(whole.log);
    const count = Math.min(most, points.length);
    for (let at = 0; at < count; at++) {
      const point = points[Math.floor(((at + 0.5) * points.length) / count)];
      // How often threads wake each other differs by a call or two from run to run.
      if (point && (await killedAt(point)).killed) tally[point.call] = (tally[point.call] ?? 0) + 1;
    }
    return tally;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

async function checkAfter(
  name: WriterName,
  folder: string,
  killed: boolean,
  wanted: string[],
): Promise<void> {
  const found = await writers[name].look(folder);
  if (!killed && found !== 'new') throw new Error('it ended well and wrote nothing');
  if (killed) await writers[name].write(folder);
  if ((await writers[name].look(folder)) !== 'new') throw new Error('the next run did not complete');
  const shape = await shapeOf(folder);
  const more = shape.filter((one) => !wanted.includes(one) && !writers[name].mayStay?.test(one));
  const less = wanted.filter((one) => !shape.includes(one));
  if (more.length + less.length > 0) throw new Error(`left over: ${more.join()}; missing: ${less.join()}`);
}

/** The names of all that is there, with whatever is numbered or drawn by lot told by its kind. */
async function shapeOf(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return [
    ...new Set(names.map((name) => name.replace(/\d{6}-[0-9a-f]{6}|[0-9a-f]*\d[0-9a-f]*/g, '#'))),
  ].sort();
}

/** Points of a tally. */
export const pointsOf = (tally: Tally): number => Object.values(tally).reduce((sum, count) => sum + count, 0);
